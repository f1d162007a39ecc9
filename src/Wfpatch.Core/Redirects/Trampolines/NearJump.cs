// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.X86;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>E9 rel32.</summary>
internal static class NearJump
{
    public const int Length = 5;
    public const byte Opcode = 0xe9;

    public static byte[] Encode(Address at, Address target)
    {
        var bytes = new byte[Length];
        Write(bytes, at, target);
        return bytes;
    }

    /// <summary>Allocates nothing.</summary>
    public static void Write(Span<byte> bytes, Address at, Address target)
    {
        bytes[0] = Opcode;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[1..], DisplacementOf(at + Length, target));
    }

    public static byte[] EncodeDisplacement(Address next, Address target)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, DisplacementOf(next, target));
        return bytes;
    }

    private static int DisplacementOf(Address next, Address target) => Displacement.TryCompute(target, next, out int displacement)
        ? displacement
        : throw new InvalidOperationException($"a plan puts {target} out of reach of {next}");
}
