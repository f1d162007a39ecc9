// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.X86;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>The part of every trampoline that lets a thread pass into the old function: its first instruction, moved, and a jump
/// to the second.</summary>
internal static class PassBlock
{
    /// <summary>A moved instruction of 15 bytes and a jump.</summary>
    public const int Length = X86.CodeReader.LongestInstruction + NearJump.Length;

    public static byte[] Encode(RedirectPlan plan, Address at)
    {
        if (plan.DisplacesSeveral)
        {
            return NearJump.Encode(at, CopiesAddress(plan));
        }
        Instruction first = X86.CodeReader.DecodeFirst(plan.FirstInstruction.Span, plan.Entry)
            ?? throw new InvalidOperationException($"the plan for {plan.Entry} has no first instruction");
        var moved = RelocatedInstruction.Move(first, plan.FirstInstruction.Span, at);
        if (moved.Obstacle != RelocationObstacle.None)
        {
            throw new InvalidOperationException($"the plan for {plan.Entry} was made although its first instruction cannot be moved to {at}");
        }
        return moved.FallsThrough ? [.. moved.Bytes, .. NearJump.Encode(at + moved.Bytes.Length, plan.Continuation)] : moved.Bytes;
    }

    /// <summary>Where the copies of several displaced instructions stand: behind the rest of the trampoline.</summary>
    public static Address CopiesAddress(RedirectPlan plan) => plan.Trampoline + DispatchTrampoline.Length;

    /// <summary>Bytes that copies of all these instructions take, with the jump behind them, wherever they stand.</summary>
    public static int LengthOfCopies(ReadOnlyMemory<byte> displaced, Address entry) =>
        TryEncodeCopies(displaced, entry, entry)?.Length ?? throw new InvalidOperationException($"the instructions at {entry} cannot be moved");

    /// <summary>Several instructions, moved, and a jump behind the originals; null where one of them does not reach its operand.</summary>
    public static byte[]? TryEncodeCopies(ReadOnlyMemory<byte> displaced, Address entry, Address at)
    {
        var copies = new List<byte>();
        int offset = 0;
        foreach (var instruction in X86.CodeReader.Decode(displaced, entry))
        {
            var moved = RelocatedInstruction.Move(instruction, displaced.Span[offset..], at + copies.Count);
            if (moved.Obstacle != RelocationObstacle.None)
            {
                return null;
            }
            copies.AddRange(moved.Bytes);
            offset += instruction.Length;
        }
        return offset == displaced.Length && Displacement.TryCompute(entry + offset, at + copies.Count + NearJump.Length, out _)
            ? [.. copies, .. NearJump.Encode(at + copies.Count, entry + offset)]
            : null;
    }
}
