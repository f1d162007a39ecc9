// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Plans;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>
/// Code that a function returns to in place of its caller, so that its thread migrates when it leaves that function. One block for
/// each return address that is exchanged:
/// <code>
///  +2   mov  rcx, -16(rsp)
///  +7   mov  number, ecx; jecxz over the next
/// +16   mov  ecx, %fs:0x80
/// +24   mov  -16(rsp), rcx
/// +29   notrack jmp *original
/// +40   number     quadword: the generation to store; 0: none
/// +48   original   the return address that was exchanged
/// +56   slot       where on the stack
/// </code>
/// The code never changes. It keeps all registers and the flags (callers in the same unit may rely on what the old function does not
/// clobber: GCC's IPA-RA) and leaves the stack pointer alone. It writes below the slot and not into it: as long as a thread is in the block, the
/// slot holds the block's address, under a handler of a signal too (the red zone, psABI 3.2.2). So a block whose slot holds anything else is free.
/// <para>
/// In front of the blocks stands a frame index with one entry for all of them (Linking/FrameIndex), so that the target's own
/// unwinder gets through: a frame that has taken nothing from the stack and whose caller is one byte before the block's original return address. It
/// is marked as a signal's frame ("S"), by which libgcc tells it from its caller, whose frame address is the same, and takes the
/// caller's address as it is.
/// </para>
/// </summary>
public static class ReturnHookArea
{
    /// <summary>The policy that places hooks.</summary>
    public const string PolicyName = "stack";

    public const int BlockLength = 64;

    /// <summary>How many blocks there are.</summary>
    public const int Count = (JournalLayout.ReturnHooksLength - FirstBlock) / BlockLength;

    /// <summary>Offsets in a block.</summary>
    public const int NumberOffset = 40, OriginalOffset = 48, SlotOffset = 56;

    private const int FirstBlock = 256, EntryOffset = 2, CommonEntryAt = 64, IndexStartAt = 8, IndexEndAt = 16;

    private static readonly byte[] Code =
    [
        0xcc, 0xcc,
        0x48, 0x89, 0x4c, 0x24, 0xf0,                      //  2  mov rcx, -16(rsp)
        0x8b, 0x0d, NumberOffset - 13, 0, 0, 0,            //  7  mov number, ecx
        0x67, 0xe3, 0x08,                                  // 13  jecxz 24
        0x64, 0x89, 0x0c, 0x25, ThreadWord.Offset, 0, 0, 0, // 16  mov ecx, word
        0x48, 0x8b, 0x4c, 0x24, 0xf0,                      // 24  mov -16(rsp), rcx
        0x3e, 0xff, 0x25, OriginalOffset - 36, 0, 0, 0,    // 29  notrack jmp *original
        0xcc, 0xcc, 0xcc, 0xcc,
    ];

    // DWARF 5, sections 6.4.2 and 2.5; the CIE's form: LSB 5, 10.6.1.
    private static readonly byte[] CommonEntry =
    [
        32, 0, 0, 0, 0, 0, 0, 0,
        1, (byte)'z', (byte)'R', (byte)'S', 0, 1, 0x78, 16, 1, 0, // addresses are absolute quadwords
        0x0c, 7, 0,                                              // DW_CFA_def_cfa rsp, 0
        0x16, 16, 10,                                            // DW_CFA_val_expression, return address, 10 bytes
        0x80, 0, 0x09, 0xc0, 0x1a,                               // DW_OP_breg16 0, DW_OP_const1s -64, DW_OP_and: the block
        0x23, OriginalOffset, 0x06, 0x31, 0x1c,                  // DW_OP_plus_uconst, DW_OP_deref, DW_OP_lit1, DW_OP_minus
        0, 0,
    ];

    /// <summary>All code of the blocks.</summary>
    public static AddressRange CodeOf(Address area) => new(area + FirstBlock, area + JournalLayout.ReturnHooksLength);

    public static Address BlockAt(Address area, int block) => area + FirstBlock + (block * (long)BlockLength);

    /// <summary>What stands on a stack in place of a return address.</summary>
    public static Address EntryOf(Address area, int block) => BlockAt(area, block) + EntryOffset;

    /// <summary>The block whose entry an address is, or -1.</summary>
    public static int BlockOf(Address area, Address entry)
    {
        ulong offset = unchecked(entry.Value - BlockAt(area, 0).Value - EntryOffset);
        return offset % BlockLength == 0 && offset / BlockLength < Count ? (int)(offset / BlockLength) : -1;
    }

    /// <summary>The whole area. The quadword by which the index begins to hold is the last write.</summary>
    public static IEnumerable<CodeWrite> Initial(Address area)
    {
        var code = CodeOf(area);
        var bytes = new byte[JournalLayout.ReturnHooksLength];
        Put(bytes, IndexStartAt, code.Start.Value);
        Put(bytes, 24, 1);
        Put(bytes, 32, code.Start.Value);
        Put(bytes, 40, code.End.Value);
        Put(bytes, 48, (area + FunctionEntryAt).Value);
        CommonEntry.CopyTo(bytes, CommonEntryAt);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(FunctionEntryAt), 4 + 8 + 8 + 4);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(FunctionEntryAt + 4), FunctionEntryAt + 4 - CommonEntryAt);
        Put(bytes, FunctionEntryAt + 8, code.Start.Value);
        Put(bytes, FunctionEntryAt + 16, (ulong)code.Length);
        for (int block = 0; block < Count; block++)
        {
            Code.CopyTo(bytes, FirstBlock + (block * BlockLength));
        }
        yield return new CodeWrite(area, bytes);
        yield return new CodeWrite(area + IndexEndAt, BitConverter.GetBytes(code.End.Value));
    }

    /// <summary>Whether an area was written before, by its last write.</summary>
    public static bool IsThere(IMemory memory, Address area) =>
        area != Address.Zero && memory.TryReadUInt64(area + IndexEndAt, out ulong end) && end == CodeOf(area).End.Value;

    /// <summary>Whether the last write is missing: nobody ever wanted an area, or was killed before.</summary>
    public static bool IsUnwritten(IMemory memory, Address area) => memory.TryReadUInt64(area + IndexEndAt, out ulong end) && end == 0;

    private static int FunctionEntryAt => CommonEntryAt + CommonEntry.Length;

    private static void Put(byte[] bytes, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), value);
}
