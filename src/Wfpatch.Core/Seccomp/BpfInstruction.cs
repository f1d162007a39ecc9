// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Seccomp;

/// <summary>One instruction of classic BPF (struct sock_filter, linux/filter.h).</summary>
/// <param name="Code">Class, size, mode and operation.</param>
/// <param name="WhenTrue">Instructions to skip where a comparison holds.</param>
/// <param name="WhenFalse">The same where it does not.</param>
/// <param name="Value">The field k: an operand, an offset, or how far to jump.</param>
public readonly record struct BpfInstruction(ushort Code, byte WhenTrue, byte WhenFalse, uint Value)
{
    /// <summary>Its eight bytes as a little-endian number.</summary>
    public static BpfInstruction Decode(ulong bytes) => new((ushort)bytes, (byte)(bytes >> 16), (byte)(bytes >> 24), (uint)(bytes >> 32));

    public ulong Encode() => Code | ((ulong)WhenTrue << 16) | ((ulong)WhenFalse << 24) | ((ulong)Value << 32);

    /// <summary>Whether the second operand is the index register, not the constant (BPF_X).</summary>
    public bool UsesIndex => (Code & BpfCode.Index) != 0;
}
