// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Linking;

/// <summary>Which slot of our own a relocation goes through.</summary>
internal enum SlotUse : byte
{
    None = 0,
    Address = 1,
    ThreadOffset = 2,

    /// <summary>A pair of module and offset for __tls_get_addr.</summary>
    ThreadPair = 3,

    /// <summary>The pair for the object's own module.</summary>
    ThreadBase = 4,

    /// <summary>A TLS descriptor.</summary>
    ThreadDescriptor = 5,
}

/// <summary>How a relocation's field is computed (x86-64 psABI, table 4.9).</summary>
/// <param name="Size">4 or 8 bytes; 0: the relocation is not supported, or only a mark.</param>
/// <param name="IsRelative">The field's own address is taken off.</param>
/// <param name="IsSigned">For four bytes: the range is that of a signed number.</param>
/// <param name="IsThreadOffset">The symbol is a thread-local variable.</param>
/// <param name="IsFromTable">The address of the image's table of slots is taken off.</param>
internal readonly record struct FieldRule(int Size, bool IsRelative, bool IsSigned, SlotUse Slot, bool IsThreadOffset, bool IsFromTable = false)
{
    /// <summary>The name by which code refers to the table of addresses of the object that it belongs to (psABI, section 5.2).</summary>
    public const string TableName = "_GLOBAL_OFFSET_TABLE_";

    public bool IsSupported => Size > 0;

    public static FieldRule Of(RelocationType type) => type switch
    {
        RelocationType.Pc32 or RelocationType.Plt32 or RelocationType.GotPc32 => new(4, true, true, SlotUse.None, false),
        RelocationType.Pc64 or RelocationType.GotPc64 => new(8, true, true, SlotUse.None, false),
        RelocationType.Absolute32 => new(4, false, false, SlotUse.None, false),
        RelocationType.Absolute32S => new(4, false, true, SlotUse.None, false),
        RelocationType.Absolute64 => new(8, false, false, SlotUse.None, false),
        RelocationType.GotPcRel or RelocationType.GotPcRelX or RelocationType.RexGotPcRelX => new(4, true, true, SlotUse.Address, false),
        RelocationType.GotPcRel64 => new(8, true, false, SlotUse.Address, false),
        RelocationType.Got64 or RelocationType.GotPlt64 => new(8, false, false, SlotUse.Address, false, IsFromTable: true),
        RelocationType.GotOff64 or RelocationType.PltOff64 => new(8, false, false, SlotUse.None, false, IsFromTable: true),
        RelocationType.TpOff32 => new(4, false, true, SlotUse.None, true),
        RelocationType.GotTpOff => new(4, true, true, SlotUse.ThreadOffset, true),
        RelocationType.TlsGd => new(4, true, true, SlotUse.ThreadPair, true),
        RelocationType.TlsLd => new(4, true, true, SlotUse.ThreadBase, true),
        RelocationType.DtpOff32 => new(4, false, true, SlotUse.None, true),
        RelocationType.GotPc32TlsDesc => new(4, true, true, SlotUse.ThreadDescriptor, true),
        _ => default,
    };

    public bool Fits(ulong value) =>
        Size == 8 || (IsSigned ? (long)value is >= int.MinValue and <= int.MaxValue : value <= uint.MaxValue);

    /// <summary>Whether the field at <paramref name="offset"/> is the distance of a call, jmp or jcc, and not that of a memory operand:
    /// the byte before it is an opcode then, which no ModRM byte of a RIP-relative operand (00 reg 101) can be taken for.</summary>
    public static bool IsBranch(ReadOnlySpan<byte> code, uint offset) =>
        (offset >= 1 && code[(int)offset - 1] is 0xe8 or 0xe9)
        || (offset >= 2 && code[(int)offset - 2] == 0x0f && (code[(int)offset - 1] & 0xf0) == 0x80);
}
