// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Matching;

namespace Wfpatch.Core.Linking;

/// <summary>What the loader has stored in the slots of one object: the truth about its imports, whatever was interposed or chosen
/// by an IFUNC resolver.</summary>
internal sealed class BoundSlots
{
    private readonly IMemory _memory;
    private readonly ElfImage _image;
    private readonly Lazy<ILookup<string, (Address Slot, string? Version, long Addend)>> _named;
    private readonly Lazy<ILookup<ulong, Address>> _indirect;

    public BoundSlots(IMemory memory, ElfImage image)
    {
        _memory = memory;
        _image = image;
        _named = new(() => SlotNames.Enumerate(image).ToLookup(s => s.Symbol.Name, s => (s.Slot, image.VersionOf(s.Symbol), s.Addend)));
        _indirect = new(() => image.DynamicRelocations.Where(r => r.Type == RelocationType.IRelative)
            .ToLookup(r => unchecked((ulong)r.Addend), r => image.ToMemory(r.Offset)));
    }

    /// <summary>The different values that slots named <paramref name="name"/> hold: several where the object uses several versions of it. None
    /// where there is no slot, or where it is not bound yet. 0 only for a weak symbol.</summary>
    public IReadOnlyList<ulong> FindAll(VersionedName name) =>
        [.. Named(name).Select(s => _memory.TryReadUInt64(s.Slot, out ulong content) && unchecked(content - (ulong)s.Addend) is var value && IsBound(name.Name, value) ? value : (ulong?)null)
            .OfType<ulong>().Distinct()];

    /// <summary>The slot of calls to <paramref name="name"/> that the loader will bind at the first one; null where there is none.</summary>
    public Address? FindLazySlot(VersionedName name)
    {
        foreach (var (slot, _, _) in Named(name))
        {
            if (_memory.TryReadUInt64(slot, out ulong content) && content != 0 && IsUnbound(content))
            {
                return slot;
            }
        }
        return null;
    }

    /// <summary>Whether the loader fills a slot with the symbol's own value.</summary>
    public bool Has(VersionedName name) => Named(name).Any();

    /// <summary>What the IFUNC whose resolver stands at <paramref name="resolver"/> (before the bias) of this object has chosen, where a slot says so.</summary>
    public ulong? FindIndirect(ulong resolver)
    {
        foreach (var slot in _indirect.Value[resolver])
        {
            // Not yet relocated slots hold the resolver itself or nothing.
            if (_memory.TryReadUInt64(slot, out ulong content) && content != 0 && content != _image.ToMemory(resolver).Value && !IsUnbound(content))
            {
                return content;
            }
        }
        return null;
    }

    private IEnumerable<(Address Slot, string? Version, long Addend)> Named(VersionedName name) => _named.Value[name.Name].Where(s => name.MayBe(name.Name, s.Version));

    private bool IsBound(string name, ulong value)
    {
        if (value == 0)
        {
            return _image.FindDynamicSymbols(name).Any(s => s.Binding == SymbolBinding.Weak && !s.IsDefined);
        }
        return !IsUnbound(value);
    }

    private bool IsUnbound(ulong content) => _image.IsExecutable(new Address(content)) && PltEntry.IsUnbound(_memory, new Address(content));
}
