// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Matching;

/// <summary>A symbol that the loader stored in a slot; its version is null where it has or needs none.</summary>
internal readonly record struct SlotName(string Name, string? Version)
{
    public override string ToString() => Version is null ? Name : $"{Name}@{Version}";

    /// <summary>Whether an object file that names <paramref name="symbol"/> can mean it.</summary>
    public bool IsMeantBy(string symbol) => VersionedName.Of(symbol).MayBe(Name, Version);
}

/// <summary>Which symbol the loader stored in which slot of an object, by its dynamic relocations.</summary>
internal static class SlotNames
{
    /// <summary>Slots that hold a symbol's own value, pairs and descriptors of thread-local variables, by address in memory.</summary>
    public static Dictionary<Address, SlotName> Of(ElfImage image)
    {
        var names = new Dictionary<Address, SlotName>();
        foreach (var (slot, symbol, addend) in Enumerate(image))
        {
            if (addend == 0)
            {
                names.TryAdd(slot, new SlotName(symbol.Name, image.VersionOf(symbol)));
            }
        }
        var symbols = image.DynamicSymbols;
        foreach (var relocation in image.DynamicRelocations.Where(r => r.Type is RelocationType.DtpMod64 or RelocationType.TlsDesc && r.Addend == 0))
        {
            if ((uint)relocation.Symbol < (uint)symbols.Length && symbols[relocation.Symbol].Name.Length > 0)
            {
                names.TryAdd(image.ToMemory(relocation.Offset), new SlotName(symbols[relocation.Symbol].Name, null));
            }
        }
        return names;
    }

    /// <summary>All slots that are filled from a named symbol: its value plus the addend (0 for JUMP_SLOT and GLOB_DAT).</summary>
    public static IEnumerable<(Address Slot, ElfSymbol Symbol, long Addend)> Enumerate(ElfImage image)
    {
        var symbols = image.DynamicSymbols;
        foreach (var relocation in image.DynamicRelocations)
        {
            bool isPlain = relocation.Type is RelocationType.JumpSlot or RelocationType.GlobDat;
            bool isNamed = isPlain || relocation.Type is RelocationType.Absolute64 or RelocationType.TpOff64;
            if (isNamed && (uint)relocation.Symbol < (uint)symbols.Length && symbols[relocation.Symbol].Name.Length > 0)
            {
                yield return (image.ToMemory(relocation.Offset), symbols[relocation.Symbol], isPlain ? 0 : relocation.Addend);
            }
        }
    }
}
