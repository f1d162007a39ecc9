// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>
/// Unwinds stacks by call frame information. A trace goes to a proven end, the frame whose return address the tables call
/// undefined (_start, the start of a thread), or it is a failure: never a part of a stack.
/// Made beforehand from the tables of all objects; unwinding itself allocates nothing, since the thread is stopped meanwhile.
/// Safe for several threads at once.
/// </summary>
public sealed class Unwinder
{
    private const int UsualFrames = 64;
    private const int MaximumFrames = 4096;

    private readonly CodeMap _code;

    /// <param name="tables">The tables of the objects that the target has loaded, and of new code.</param>
    /// <param name="aliases">Code that has no table of its own; looked for first.</param>
    public Unwinder(IEnumerable<UnwindTable> tables, IEnumerable<CodeAlias>? aliases = null)
    {
        _code = new CodeMap(tables, aliases ?? []);
    }

    /// <summary>Unwinds one stack into <paramref name="frames"/>, the innermost frame first. Allocates nothing.</summary>
    /// <param name="memory">Where the stack is read; it must not allocate either, where that matters.</param>
    /// <param name="count">How many frames were written: all of them, or 0 for a failure.</param>
    [SkipLocalsInit]
    public UnwindOutcome Unwind(in RegisterSet registers, IMemory memory, Span<StackFrame> frames, out int count)
    {
        StackWindow.Open(memory, out var window);
        var current = FrameRegisters.Of(in registers);
        bool isExact = true;
        FrameRow row;
        Unsafe.SkipInit(out row);
        count = 0;
        for (int depth = 0; depth < frames.Length; depth++)
        {
            var pc = new Address(current.ValueOf(Register.Rip));
            var reason = _code.FindRow(isExact ? pc : pc - 1, ref row, out var table, out bool isSignalFrame);
            var step = new FrameStep(table, in row, in current, isExact, isSignalFrame);
            FrameRegisters caller = default;
            if (reason == UnwindFailureReason.None)
            {
                reason = step.Run(ref window, ref caller);
            }
            if (reason != UnwindFailureReason.None)
            {
                return new UnwindOutcome(reason, pc, depth);
            }
            frames[depth] = new StackFrame(pc, step.FrameAddress, step.ReturnAddressSlot, isExact, isSignalFrame);
            if (step.IsOutermost)
            {
                count = depth + 1;
                return new UnwindOutcome(UnwindFailureReason.None, pc, depth);
            }
            current = caller;
            isExact = isSignalFrame;
        }
        return new UnwindOutcome(UnwindFailureReason.TooManyFrames, new Address(current.ValueOf(Register.Rip)), frames.Length);
    }

    /// <summary>The same as objects, for stacks of at most 4096 frames. Exactly one of the results is not null.</summary>
    public (StackTrace? Trace, UnwindFailure? Failure) Trace(in RegisterSet registers, IMemory memory)
    {
        var frames = new StackFrame[UsualFrames];
        var outcome = Unwind(in registers, memory, frames, out int count);
        if (outcome.Reason == UnwindFailureReason.TooManyFrames)
        {
            frames = new StackFrame[MaximumFrames];
            outcome = Unwind(in registers, memory, frames, out count);
        }
        return outcome.IsComplete
            ? (new StackTrace(ImmutableArray.Create(frames, 0, count)), null)
            : (null, new UnwindFailure(outcome.Reason, outcome.ProgramCounter, outcome.Depth));
    }
}
