// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Plans;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>
/// The generation of all threads at once, for transitions that are global: one 32 bit word in the head of each of our regions, that of the region with
/// the patch's code, which all of its trampolines reach. It is written once in such a transition, while all threads are held.
/// </summary>
public static class GlobalWord
{
    /// <summary>Bytes of cmpl $generation, word(%rip).</summary>
    public const int InstructionLength = 10;

    public static Address In(AddressRange region) => region.Start + JournalLayout.GlobalWordOffset;

    public static CodeWrite Write(Address word, uint generation)
    {
        var bytes = new byte[ThreadWord.Size];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, generation);
        return new(word, bytes);
    }

    /// <summary>cmpl $generation, word(%rip)</summary>
    public static byte[] EncodeCompare(Address at, Address word, uint generation)
    {
        var bytes = new byte[InstructionLength];
        bytes[0] = 0x81;
        bytes[1] = 0x3d;
        NearJump.EncodeDisplacement(at + InstructionLength, word).CopyTo(bytes, 2);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(6), generation);
        return bytes;
    }
}
