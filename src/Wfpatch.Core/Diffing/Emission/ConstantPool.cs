// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Diffing.Emission;

/// <summary>The strings and literals that new code brings along, each content once, in one section for each alignment.</summary>
internal sealed class ConstantPool
{
    private readonly SortedDictionary<uint, List<ReadOnlyMemory<byte>>> _byAlignment = [];
    private readonly Dictionary<(string Content, uint Alignment), (int Position, ulong Offset)> _places = [];
    private readonly Dictionary<uint, ulong> _sizes = [];

    public void Add(ConstantTarget constant)
    {
        var key = KeyOf(constant);
        if (_places.ContainsKey(key))
        {
            return;
        }
        if (!_byAlignment.TryGetValue(constant.Alignment, out var contents))
        {
            _byAlignment.Add(constant.Alignment, contents = []);
        }
        ulong offset = AlignUp(_sizes.GetValueOrDefault(constant.Alignment), constant.Alignment);
        _places.Add(key, (contents.Count, offset));
        contents.Add(constant.Content);
        _sizes[constant.Alignment] = offset + (ulong)constant.Content.Length;
    }

    /// <summary>Appends the pool's sections and gives each constant its symbol.</summary>
    public Func<ConstantTarget, int> Emit(ImmutableArray<PatchSection>.Builder sections, SymbolTable symbols)
    {
        var defined = new Dictionary<(string, uint), int>();
        foreach (var (alignment, contents) in _byAlignment)
        {
            byte[] bytes = new byte[_sizes[alignment]];
            foreach (var (key, place) in _places.Where(p => p.Key.Alignment == alignment).OrderBy(p => p.Value.Position))
            {
                var content = contents[place.Position];
                content.CopyTo(bytes.AsMemory((int)place.Offset));
                defined.Add(key, symbols.DefineConstant($".rodata.merged+{place.Offset}", sections.Count, place.Offset, (ulong)content.Length));
            }
            sections.Add(new PatchSection($".rodata.merged.{alignment}", PatchSectionKind.ReadOnlyData, alignment, bytes, []));
        }
        return constant => defined[KeyOf(constant)];
    }

    private static (string Content, uint Alignment) KeyOf(ConstantTarget constant) => (Convert.ToHexString(constant.Content.Span), constant.Alignment);

    private static ulong AlignUp(ulong value, uint alignment) => (value + alignment - 1) & ~((ulong)alignment - 1);
}
