// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Linking;

/// <summary>The values of all symbols that new code refers to.</summary>
internal sealed class SymbolValues
{
    private readonly Dictionary<int, ulong> _values = [];

    private SymbolValues()
    {
    }

    /// <summary>The addresses of the symbols that the patch defines.</summary>
    public ImmutableDictionary<int, Address> Defined { get; private init; } = ImmutableDictionary<int, Address>.Empty;

    public ImmutableArray<Refusal> Refusals { get; private set; } = [];

    /// <summary>Null for a symbol that was refused.</summary>
    public ulong? this[int symbol] => _values.TryGetValue(symbol, out ulong value) ? value : null;

    public static SymbolValues Find(ObjectPatch patch, ImageLayout layout, Address start, Match match, ISymbolResolver resolver)
    {
        var defined = Enumerable.Range(0, patch.Symbols.Length).Where(i => patch.Symbols[i].IsDefinedByPatch)
            .ToImmutableDictionary(i => i, i => FindShared(patch, patch.Symbols[i], resolver)
                ?? start + layout.Sections[patch.Symbols[i].Section] + (long)patch.Symbols[i].Offset);
        var values = new SymbolValues { Defined = defined };
        var refusals = ImmutableArray.CreateBuilder<Refusal>();
        var refused = new HashSet<int>();
        for (int section = 0; section < patch.Sections.Length; section++)
        {
            foreach (var relocation in patch.Sections[section].Relocations.Where(r => r.Type != RelocationType.None))
            {
                int symbol = relocation.Symbol;
                if (values._values.ContainsKey(symbol) || refused.Contains(symbol))
                {
                    continue;
                }
                if (values.Find(patch.Symbols[symbol], symbol, match, resolver) is { WhyNot: var whyNot, Value: null })
                {
                    refused.Add(symbol);
                    string user = NewFunctions.NameAt(patch, section, relocation.Offset);
                    refusals.Add(LinkRefusals.UnresolvedSymbol.About(patch.Symbols[symbol].Name, $"{user} needs {patch.Symbols[symbol].Display}, which {whyNot}."));
                }
            }
        }
        values.Refusals = refusals.ToImmutable();
        return values;
    }

    // A static local of an inline function, or an inline variable, is one for the whole process (C++ standard, "One-definition rule"):
    // where a loaded object has it already, that one is meant.
    private static Address? FindShared(ObjectPatch patch, PatchSymbol symbol, ISymbolResolver resolver) =>
        symbol.Unit.Length == 0 && symbol.Kind == PatchSymbolKind.Data && patch.Sections[symbol.Section].Kind == PatchSectionKind.WritableData
        && resolver.Resolve(symbol).Value is { } value
            ? new Address(value)
            : null;

    private SymbolAnswer Find(PatchSymbol symbol, int index, Match match, ISymbolResolver resolver)
    {
        var answer = Defined.TryGetValue(index, out var own) ? SymbolAnswer.Is(own.Value)
            : match.SymbolValues.TryGetValue(index, out ulong matched) ? SymbolAnswer.Is(matched)
            : symbol.Unit.Length > 0 || symbol.Kind == PatchSymbolKind.Constant || symbol.Name.Length == 0 ? SymbolAnswer.Not("is local to its unit and used by no old function that was matched")
            : resolver.Resolve(symbol);
        if (answer.Value is { } value)
        {
            _values[index] = value;
        }
        return answer;
    }
}
