// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Elf;

/// <summary>A section of an ELF file. <paramref name="Bytes"/> is empty for SHT_NOBITS, whose <paramref name="Size"/> is what it takes in memory.</summary>
public sealed record ElfSection(
    int Index, string Name, SectionType Type, SectionFlags Flags, Address Address, ulong Size, uint Link, uint Info,
    ulong Alignment, ulong EntrySize, ReadOnlyMemory<byte> Bytes);

/// <summary>A symbol. <paramref name="SectionIndex"/> is a section's index or one of <see cref="SpecialSection"/>;
/// in an object file <paramref name="Value"/> is an offset in that section, in an image an address before the load bias.</summary>
public sealed record ElfSymbol(
    int Index, string Name, ulong Value, ulong Size, SymbolKind Kind, SymbolBinding Binding, byte Visibility, int SectionIndex)
{
    public bool IsDefined => SectionIndex != SpecialSection.Undefined;

    public bool IsLocal => Binding == SymbolBinding.Local;
}

/// <summary>A relocation with addend. <paramref name="Offset"/> counts from the start of the section that it changes (object
/// file) or is an address before the load bias (image).</summary>
public readonly record struct ElfRelocation(ulong Offset, RelocationType Type, int Symbol, long Addend);

/// <summary>A PT_LOAD segment; addresses before the load bias.</summary>
public readonly record struct ElfSegment(Address Address, ulong FileOffset, ulong FileSize, ulong MemorySize, bool IsReadable, bool IsWritable, bool IsExecutable)
{
    public AddressRange Range => AddressRange.OfLength(Address, (long)MemorySize);
}
