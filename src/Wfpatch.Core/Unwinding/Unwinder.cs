// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>
/// Unwinds stacks by call frame information. A trace goes to a proven end, the frame whose return address the tables call
/// undefined (_start, the start of a thread), or it is a failure: never a part of a stack.
/// Made beforehand from the tables of all objects; unwinding itself allocates nothing, since the thread is stopped meanwhile.
/// Safe for several threads at once, each with a cache of its own.
/// </summary>
public sealed class Unwinder
{
    private const int UsualFrames = 64;
    private const int MaximumFrames = 4096;

    private readonly CodeMap _code;
    private readonly IReturnHooks? _hooks;
    private readonly AddressRange[] _ends;

    /// <param name="tables">The tables of the objects that the target has loaded, and of new code.</param>
    /// <param name="aliases">Code that has no table of its own; looked for first.</param>
    /// <param name="hooks">Return addresses that were exchanged: the frames are those of the original ones.</param>
    /// <param name="ends">Functions in which programs and threads begin. A stack that ends anywhere else is not its thread's own: a
    /// coroutine's, below which another one waits that nobody sees. Empty: any end will do.</param>
    public Unwinder(IEnumerable<UnwindTable> tables, IEnumerable<CodeAlias>? aliases = null, IReturnHooks? hooks = null, IEnumerable<AddressRange>? ends = null)
    {
        _code = new CodeMap(tables, aliases ?? []);
        _hooks = hooks;
        _ends = [.. ends ?? []];
    }

    /// <summary>Unwinds one stack into <paramref name="frames"/>, the innermost frame first. Allocates nothing.</summary>
    /// <param name="memory">Where the stack is read; it must not allocate either, where that matters.</param>
    /// <param name="count">How many frames were written: all of them, or 0 for a failure.</param>
    /// <param name="cache">Rows that were found before; used by one thread at a time.</param>
    [SkipLocalsInit]
    public UnwindOutcome Unwind(in RegisterSet registers, IMemory memory, Span<StackFrame> frames, out int count, RowCache? cache = null)
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
            if (_hooks is not null && !isExact && _hooks.TryGetOriginal(pc, out var original))
            {
                pc = original;
            }
            var reason = _code.FindRow(isExact ? pc : pc - 1, cache, ref row, out var table, out bool isSignalFrame);
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
                if (!IsEnd(isExact ? pc : pc - 1))
                {
                    return new UnwindOutcome(UnwindFailureReason.ForeignStack, pc, depth);
                }
                count = depth + 1;
                return new UnwindOutcome(UnwindFailureReason.None, pc, depth);
            }
            current = caller;
            isExact = isSignalFrame;
        }
        return new UnwindOutcome(UnwindFailureReason.TooManyFrames, new Address(current.ValueOf(Register.Rip)), frames.Length);
    }

    /// <summary>Finds the rows of all return addresses that a piece of a stack holds, live ones and stale ones, so that they are at hand
    /// when the thread is stopped.</summary>
    /// <param name="stack">Bytes from an address that is a multiple of eight.</param>
    public void Warm(ReadOnlySpan<byte> stack, RowCache cache)
    {
        FrameRow row = default;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(stack))
        {
            if (_code.Contains(new Address(word)))
            {
                _ = _code.FindRow(new Address(word) - 1, cache, ref row, out _, out _);
            }
        }
    }

    private bool IsEnd(Address at)
    {
        foreach (var end in _ends)
        {
            if (end.Contains(at))
            {
                return true;
            }
        }
        return _ends.Length == 0;
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
