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
        Instruction first = X86.CodeReader.DecodeFirst(plan.FirstInstruction.Span, plan.Entry)
            ?? throw new InvalidOperationException($"the plan for {plan.Entry} has no first instruction");
        var moved = RelocatedInstruction.Move(first, plan.FirstInstruction.Span, at);
        if (moved.Obstacle != RelocationObstacle.None)
        {
            throw new InvalidOperationException($"the plan for {plan.Entry} was made although its first instruction cannot be moved to {at}");
        }
        return moved.FallsThrough ? [.. moved.Bytes, .. NearJump.Encode(at + moved.Bytes.Length, plan.Continuation)] : moved.Bytes;
    }
}
