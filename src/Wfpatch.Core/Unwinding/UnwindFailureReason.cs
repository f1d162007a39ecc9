// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Unwinding;

/// <summary>Why a stack could not be unwound to its proven end.</summary>
public enum UnwindFailureReason : byte
{
    /// <summary>No failure: the trace is complete.</summary>
    None = 0,

    /// <summary>No table describes the code at this address: generated code, hand-written code without call frame
    /// information, a damaged stack, or the instruction of clone in which a thread begins.</summary>
    NoEntry = 1,

    /// <summary>The call frame instructions contradict themselves or end in the middle.</summary>
    MalformedInstructions = 2,

    /// <summary>A call frame instruction, or a rule for the return address, that is not known here.</summary>
    UnsupportedInstruction = 3,

    /// <summary>A damaged expression, or one with an operation that is not known here.</summary>
    UnsupportedExpression = 4,

    /// <summary>An expression took too many steps or too much of its stack.</summary>
    ExpressionTooLong = 5,

    /// <summary>The frame's address depends on a register whose value in that frame is lost.</summary>
    RegisterLost = 6,

    /// <summary>A word of the stack, or one that an expression needs, cannot be read.</summary>
    UnreadableMemory = 7,

    /// <summary>The caller's frame does not lie above its callee's, or not on a multiple of eight bytes, or a register is said
    /// to be saved outside the frame: a loop, a damaged stack, a change of stacks that is not a signal's (longjmp, a coroutine),
    /// or a rule that a compiler left behind.</summary>
    ImplausibleFrame = 8,

    /// <summary>The trace has more frames than there is room for.</summary>
    TooManyFrames = 9,

    /// <summary>The tables call its end an end, but no program and no thread begins there: it is a stack that the thread was switched to
    /// (makecontext, a coroutine), and what the one below holds is not known.</summary>
    ForeignStack = 10,
}
