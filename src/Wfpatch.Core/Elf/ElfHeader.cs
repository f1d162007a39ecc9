// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Elf;

/// <summary>The ELF header, checked: 64 bit, little endian, x86-64.</summary>
internal readonly record struct ElfHeader(
    ushort Type, ulong ProgramHeaderOffset, ulong SectionHeaderOffset, ushort ProgramHeaderCount, ushort SectionHeaderCount, ushort SectionNameIndex)
{
    public const int Size = 64;
    public const int ProgramHeaderSize = 56;
    public const int SectionHeaderSize = 64;
    public const ushort Relocatable = 1;
    public const ushort Executable = 2;
    public const ushort SharedObject = 3;

    private const ushort MachineX8664 = 62;

    public static Refusal? TryRead(ReadOnlySpan<byte> bytes, string name, out ElfHeader header)
    {
        header = default;
        if (ForeignFiles.Find(bytes, name) is { } foreign)
        {
            return foreign;
        }
        if (bytes.Length < Size || BinaryPrimitives.ReadUInt32BigEndian(bytes) != 0x7f454c46)
        {
            return FileRefusals.NotElf.About(name, $"{name} is not an ELF file.");
        }
        if (bytes[4] != 2 || bytes[5] != 1 || BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..]) != MachineX8664)
        {
            return FileRefusals.WrongArchitecture.About(name, $"{name} is not for x86-64 (64 bit, little endian); wfpatch works for x86-64 alone.");
        }
        header = new ElfHeader(
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[56..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[60..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[62..]));
        bool sizesAreKnown =
            (header.ProgramHeaderCount == 0 || BinaryPrimitives.ReadUInt16LittleEndian(bytes[54..]) == ProgramHeaderSize)
            && (header.SectionHeaderOffset == 0 || BinaryPrimitives.ReadUInt16LittleEndian(bytes[58..]) == SectionHeaderSize);
        return sizesAreKnown ? null : FileRefusals.MalformedElf.About(name, $"{name} has header tables of an unknown entry size.");
    }
}
