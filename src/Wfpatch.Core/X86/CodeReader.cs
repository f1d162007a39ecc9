// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.X86;

/// <summary>Decodes code bytes that stand, or will stand, at an address.</summary>
public static class CodeReader
{
    /// <summary>The longest instruction of x86-64 (Intel SDM volume 2, 2.3.11).</summary>
    public const int LongestInstruction = 15;

    /// <summary>The instruction at the start of <paramref name="code"/>, or null where the bytes are none.</summary>
    public static Instruction? DecodeFirst(ReadOnlySpan<byte> code, Address address)
    {
        var bytes = code[..Math.Min(code.Length, LongestInstruction)].ToArray();
        var decoder = Decoder.Create(64, bytes, address.Value);
        var instruction = decoder.Decode();
        return instruction.IsInvalid ? null : instruction;
    }

    /// <summary>All instructions from the first byte on, up to the end or to the first bytes that are no instruction.</summary>
    public static IEnumerable<Instruction> Decode(ReadOnlyMemory<byte> code, Address address)
    {
        var decoder = Decoder.Create(64, new MemoryCodeReader(code), address.Value);
        ulong end = address.Value + (ulong)code.Length;
        while (decoder.IP < end)
        {
            var instruction = decoder.Decode();
            if (instruction.IsInvalid)
            {
                yield break;
            }
            yield return instruction;
        }
    }

    private sealed class MemoryCodeReader(ReadOnlyMemory<byte> code) : Iced.Intel.CodeReader
    {
        private int _next;

        public override int ReadByte() => _next < code.Length ? code.Span[_next++] : -1;
    }
}
