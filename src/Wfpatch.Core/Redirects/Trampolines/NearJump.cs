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

    public static byte[] Encode(Address at, Address target) => [Opcode, .. EncodeDisplacement(at + Length, target)];

    public static byte[] EncodeDisplacement(Address next, Address target)
    {
        if (!Displacement.TryCompute(target, next, out int displacement))
        {
            throw new InvalidOperationException($"a plan puts {target} out of reach of {next}");
        }
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, displacement);
        return bytes;
    }
}
