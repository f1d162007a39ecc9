// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Matching;

/// <summary>
/// What the program's data says of the addresses of functions. Not what a variable holds now counts, which the program may have
/// changed, but what the linker put there: the addend of its relative relocation (R_X86_64_RELATIVE, psABI, section 4.4), or in memory that
/// the program cannot write what is there.
/// </summary>
internal sealed class PointerTables(ObjectPatch patch, IMemory memory, ElfImage? image)
{
    private readonly ILookup<int, PatchRelocation> _pointers = patch.OldFunctions.Where(f => f.Role == OldFunctionRole.Table)
        .SelectMany(f => f.Relocations.Select(r => (Table: f.Symbol, Pointer: r)))
        .Where(p => p.Pointer is { Type: RelocationType.Absolute64, Symbol: >= 0, Addend: 0 } && patch.Symbols.ElementAtOrDefault(p.Pointer.Symbol)?.Kind == PatchSymbolKind.Function)
        .ToLookup(p => p.Table, p => p.Pointer);

    private readonly Lazy<Dictionary<Address, ulong>> _relative = new(() =>
    {
        var relative = new Dictionary<Address, ulong>();
        foreach (var relocation in image?.DynamicRelocations.Where(r => r.Type == RelocationType.Relative) ?? [])
        {
            relative.TryAdd(image!.ToMemory(relocation.Offset), image.ToMemory(unchecked((ulong)relocation.Addend)).Value);
        }
        return relative;
    });

    public IEnumerable<int> Symbols => _pointers.Select(p => p.Key);

    /// <summary>The functions that a table tells which stands at <paramref name="address"/>.</summary>
    public ImmutableArray<(int Symbol, ulong Value)> Read(int table, Address address) =>
    [
        .. from pointer in _pointers[table]
           let value = ReadLinked(address + pointer.Offset)
           where value is not null
           select (pointer.Symbol, value.Value),
    ];

    private ulong? ReadLinked(Address at)
    {
        if (_relative.Value.TryGetValue(at, out ulong value))
        {
            return value;
        }
        bool isFixed = image is not null && image.Segments.Any(s => !s.IsWritable && s.Range.Contains(at));
        return isFixed && memory.TryReadUInt64(at, out value) && image!.IsExecutable(new Address(value)) ? value : null;
    }
}
