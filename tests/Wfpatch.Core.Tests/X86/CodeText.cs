// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Tests.X86;

/// <summary>Bytes and instructions as tests write and print them.</summary>
internal static class CodeText
{
    public static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    public static Instruction Decode(ReadOnlySpan<byte> code, Address at) =>
        Wfpatch.Core.X86.CodeReader.DecodeFirst(code, at) ?? throw new ArgumentException($"{Hex(code)} is no instruction", nameof(code));

    /// <summary>Meaning without encoding: mnemonic, operands, what it reads and where it leads. Short and near branches are equal.</summary>
    public static string Meaning(in Instruction instruction)
    {
        if (instruction.FlowControl is FlowControl.UnconditionalBranch or FlowControl.ConditionalBranch)
        {
            return $"{instruction.Mnemonic} -> {instruction.NearBranchTarget:x}";
        }
        if (instruction.IsIPRelativeMemoryOperand)
        {
            // The formatter prints the effective address of a RIP-relative operand.
            return $"{instruction} [{instruction.IPRelativeMemoryAddress:x}]";
        }
        return instruction.ToString();
    }
}
