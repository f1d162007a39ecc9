// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Diffing.Debugging;

/// <summary>What an entry is made of.</summary>
/// <param name="Attributes">Constant: the value itself, for DW_FORM_implicit_const.</param>
internal sealed record Abbreviation(DebugTag Tag, bool HasChildren, ImmutableArray<(DebugAttribute Name, ulong Form, long Constant)> Attributes)
{
    public bool IsKept { get; } = Enum.IsDefined(Tag);
}

/// <summary>The tables of .debug_abbrev (DWARF 5, section 7.5.3), each read once.</summary>
internal sealed class AbbreviationTables(DebugBytes bytes, DebugBudget budget)
{
    private const ulong ImplicitConstant = 0x21;

    private readonly Dictionary<ulong, Dictionary<ulong, Abbreviation>> _known = [];

    public Dictionary<ulong, Abbreviation> At(ulong offset)
    {
        if (_known.TryGetValue(offset, out var known))
        {
            return known;
        }
        var table = new Dictionary<ulong, Abbreviation>();
        bytes.Go(offset);
        while (bytes.Leb() is > 0 and var code)
        {
            var tag = (DebugTag)Math.Min(bytes.Leb(), int.MaxValue);
            bool hasChildren = bytes.Byte() != 0;
            var attributes = ImmutableArray.CreateBuilder<(DebugAttribute, ulong, long)>();
            for (; ; )
            {
                ulong name = bytes.Leb();
                ulong form = bytes.Leb();
                long constant = form == ImplicitConstant ? (long)bytes.Leb() : 0;
                budget.Spend(1);
                if (name == 0 && form == 0)
                {
                    break;
                }
                attributes.Add(((DebugAttribute)Math.Min(name, int.MaxValue), form, constant));
            }
            table[code] = new Abbreviation(tag, hasChildren, attributes.ToImmutable());
        }
        return _known[offset] = table;
    }
}
