// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>A stack that could not be unwound: nothing is known about it, and its thread counts as busy.</summary>
/// <param name="ProgramCounter">The program counter of the frame that could not be left.</param>
/// <param name="Depth">That frame's number, from 0 for the innermost.</param>
public sealed record UnwindFailure(UnwindFailureReason Reason, Address ProgramCounter, int Depth)
{
    /// <summary>What happened, for messages: no full stop, no capital, ends in the place.</summary>
    public string Description => $"{Describe(Reason)} at {ProgramCounter} (frame {Depth})";

    private static string Describe(UnwindFailureReason reason) => reason switch
    {
        UnwindFailureReason.NoEntry => "no unwind table describes the code",
        UnwindFailureReason.MalformedInstructions => "the unwind table is damaged",
        UnwindFailureReason.UnsupportedInstruction => "the unwind table holds an unknown instruction",
        UnwindFailureReason.UnsupportedExpression => "the unwind table holds an unknown expression",
        UnwindFailureReason.ExpressionTooLong => "the unwind table holds an expression without end",
        UnwindFailureReason.RegisterLost => "a register that is needed is lost",
        UnwindFailureReason.UnreadableMemory => "the stack cannot be read",
        UnwindFailureReason.ImplausibleFrame => "the stack does not go on upwards",
        UnwindFailureReason.TooManyFrames => "the stack is too deep",
        UnwindFailureReason.ForeignStack => "the stack is not the thread's own but a coroutine's",
        _ => "the stack is complete",
    };
}
