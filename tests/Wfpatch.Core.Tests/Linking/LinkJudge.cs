// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Iced.Intel;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Linking;
using Wfpatch.Core.Patches;
using Xunit;

namespace Wfpatch.Core.Tests.Linking;

/// <summary>Decodes linked code and looks where each reference leads: straight, through a slot or over a stub.</summary>
internal sealed class LinkJudge(ObjectPatch patch, LinkedImage image)
{
    private ulong? _table;

    /// <summary>Checks every relocation of the code sections against the values of the symbols; returns how many went over a stub.</summary>
    public int CheckCode(Func<int, ulong> valueOf)
    {
        int stubs = 0;
        int range = 0;
        foreach (var section in patch.Sections.Where(s => s.Kind == PatchSectionKind.Code))
        {
            var at = image.CodeRanges[range++];
            Assert.Equal((ulong)section.Bytes.Length, at.Length);
            Assert.Equal(0UL, at.Start.Value % 16);
            var decoder = Decoder.Create(64, new ByteArrayCodeReader(image.Bytes.ToArray(), (int)(at.Start - image.Start), section.Bytes.Length), at.Start.Value, DecoderOptions.None);
            var open = section.Relocations.ToDictionary(r => r.Offset);
            while (decoder.IP < at.End.Value)
            {
                uint offset = (uint)(decoder.IP - at.Start.Value);
                decoder.Decode(out var instruction);
                Assert.False(instruction.IsInvalid);
                for (uint i = 0; i < instruction.Length; i++)
                {
                    if (open.Remove(offset + i, out var relocation))
                    {
                        long tail = instruction.Length - i;
                        stubs += Check(relocation, instruction, (int)i, tail, valueOf(relocation.Symbol)) ? 1 : 0;
                    }
                }
            }
            Assert.Empty(open);
        }
        return stubs;
    }

    private bool Check(PatchRelocation relocation, Instruction instruction, int field, long tail, ulong value)
    {
        ulong target = instruction.Op0Kind == OpKind.NearBranch64 ? instruction.NearBranchTarget : instruction.IsIPRelativeMemoryOperand ? instruction.IPRelativeMemoryAddress : 0;
        switch (relocation.Type)
        {
            case RelocationType.Pc32 or RelocationType.Plt32:
                ulong expected = unchecked(value + (ulong)relocation.Addend + (ulong)tail);
                if (target != expected)
                {
                    Assert.Equal(OpKind.NearBranch64, instruction.Op0Kind);
                    Assert.Equal(expected, ThroughStub(target));
                    return true;
                }
                return false;
            case RelocationType.GotPcRel or RelocationType.GotPcRelX or RelocationType.RexGotPcRelX or RelocationType.GotTpOff:
                Assert.Equal(value, Slot(target));
                return false;
            case RelocationType.Absolute32:
                Assert.Equal(unchecked(value + (ulong)relocation.Addend), BinaryPrimitives.ReadUInt32LittleEndian(At(instruction.IP + (ulong)field)));
                return false;
            case RelocationType.Absolute32S or RelocationType.TpOff32:
                Assert.Equal(unchecked((long)value + relocation.Addend), BinaryPrimitives.ReadInt32LittleEndian(At(instruction.IP + (ulong)field)));
                return false;
            case RelocationType.Absolute64:
                Assert.Equal(unchecked(value + (ulong)relocation.Addend), BinaryPrimitives.ReadUInt64LittleEndian(At(instruction.IP + (ulong)field)));
                return false;
            case RelocationType.GotPc32:
                Assert.Equal(Table, unchecked(target - (ulong)(relocation.Addend + tail)));
                return false;
            case RelocationType.GotPc64:
                // The field is the distance from a label of the function to the table, and the addend that from the label to the field.
                Assert.Equal(Table, unchecked(instruction.IP + (ulong)field + Wide(instruction, field) - (ulong)relocation.Addend));
                return false;
            case RelocationType.GotOff64 or RelocationType.PltOff64:
                Assert.Equal(value, unchecked(Table + Wide(instruction, field) - (ulong)relocation.Addend));
                return false;
            case RelocationType.Got64:
                Assert.Equal(value, Slot(unchecked(Table + Wide(instruction, field) - (ulong)relocation.Addend)));
                return false;
            default:
                Assert.Fail($"{relocation.Type} is not checked.");
                return false;
        }
    }

    /// <summary>Where the new code finds its table: its first slot.</summary>
    private ulong Table => _table ??= FindTable();

    private ulong FindTable()
    {
        int range = 0;
        foreach (var section in patch.Sections.Where(s => s.Kind == PatchSectionKind.Code))
        {
            ulong start = image.CodeRanges[range++].Start.Value;
            foreach (var relocation in section.Relocations.Where(r => r.Type is RelocationType.GotPc32 or RelocationType.GotPc64))
            {
                var field = At(start + relocation.Offset);
                long distance = relocation.Type == RelocationType.GotPc64 ? BinaryPrimitives.ReadInt64LittleEndian(field) : BinaryPrimitives.ReadInt32LittleEndian(field);
                return unchecked(start + relocation.Offset + (ulong)distance - (ulong)relocation.Addend);
            }
        }
        return 0;
    }

    private ulong Wide(Instruction instruction, int field) => BinaryPrimitives.ReadUInt64LittleEndian(At(instruction.IP + (ulong)field));

    private ulong ThroughStub(ulong stub)
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(At(stub)[..6].ToArray()), stub, DecoderOptions.None);
        decoder.Decode(out var jump);
        Assert.Equal((Mnemonic.Jmp, true), (jump.Mnemonic, jump.IsIPRelativeMemoryOperand));
        return Slot(jump.IPRelativeMemoryAddress);
    }

    private ulong Slot(ulong address)
    {
        Assert.Equal(0UL, address % 8);
        return BinaryPrimitives.ReadUInt64LittleEndian(At(address));
    }

    private ReadOnlySpan<byte> At(ulong address) => image.Bytes.Span[(int)(new Address(address) - image.Start)..];
}
