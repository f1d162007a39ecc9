// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Unwinding;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Migrations;

/// <summary>
/// Migrates one thread from outside: stops it alone, unwinds its stack, and where no old code is on it stores the new
/// generation in its word and lets it go on, its system call with it. Everything that is needed in the stop is made ready
/// before; in it nothing is allocated.
/// </summary>
public sealed class OutsideMigration
{
    private readonly ILinux _linux;
    private readonly TargetMemory _memory;
    private readonly ThreadWords _words;
    private readonly RehearsedUnwinder _unwinder;
    private readonly AddressRange[] _oldCode;
    private readonly AddressRange[] _trampolines;
    private readonly uint _leftGeneration;
    private readonly StopLog _stops;

    /// <param name="oldCode">Code in which a thread must not be: replaced functions and trampolines.</param>
    /// <param name="trampolines">The trampolines alone.</param>
    /// <param name="leftGeneration">Not 0: the transition was reversed, and only threads of this generation run other code
    /// than the destination has; the others change their number and nothing else.</param>
    public OutsideMigration(
        ILinux linux, TargetMemory memory, Unwinder unwinder, IEnumerable<AddressRange> oldCode, IEnumerable<AddressRange> trampolines,
        uint leftGeneration, StopLog stops)
    {
        _linux = linux;
        _memory = memory;
        _words = new ThreadWords(memory);
        Generations = _words;
        _unwinder = new RehearsedUnwinder(memory, unwinder);
        _oldCode = [.. oldCode];
        _trampolines = [.. trampolines];
        _leftGeneration = leftGeneration;
        _stops = stops;
    }

    /// <summary>Where threads' generations are kept; without it, in their words.</summary>
    public IThreadGenerations Generations { get; init; }

    /// <summary>Return hooks, where they may be placed.</summary>
    public ReturnHooks? Hooks { get; init; }

    /// <summary>Why none may be placed, completing a sentence; empty: nobody wants any.</summary>
    public string NoHooks { get; init; } = "";

    /// <summary>By what a thread is seen to be in a request that it must end first.</summary>
    public RequestFrames Requests { get; init; } = RequestFrames.None;

    /// <summary>Stops, looks, and migrates where it can.</summary>
    /// <param name="generation">The word to store; null: only look.</param>
    /// <param name="terms">On what terms the thread may be stopped, read just now.</param>
    /// <param name="stackTop">Where the thread's stack ends, as far as it is known; zero: unknown.</param>
    /// <param name="mayHook">Whether a thread that old code holds may get a return hook.</param>
    public ThreadVisit Visit(int thread, uint? generation, in StopTerms terms, Address stackTop = default, bool mayHook = false)
    {
        long read = Stopwatch.GetTimestamp();
        _unwinder.Warm(stackTop);
        Rehearse(thread, in terms);
        int block = mayHook && Hooks is not null ? Hooks.FindFree() : -1;
        using var stopped = StoppedThread.Take(_linux, thread, _stops, terms.Permit);
        return Visit(in stopped, generation, AsleepNow(in terms, read), null, mayHook, block);
    }

    /// <summary>The same for a canary of points: where it cannot be migrated now, it may migrate itself at its next point.</summary>
    public ThreadVisit Grant(int thread, uint generation, in StopTerms terms)
    {
        long read = Stopwatch.GetTimestamp();
        Rehearse(thread, in terms);
        using var stopped = StoppedThread.Take(_linux, thread, _stops, terms.Permit);
        return Visit(in stopped, generation, AsleepNow(in terms, read), generation);
    }

    /// <summary>Takes a grant back. Migrated: the thread has used it, or is about to.</summary>
    public ThreadVisit Withdraw(int thread, uint generation, in StopTerms terms)
    {
        long read = Stopwatch.GetTimestamp();
        Rehearse(thread, in terms);
        using var stopped = StoppedThread.Take(_linux, thread, _stops, terms.Permit);
        return Withdraw(in stopped, generation, AsleepNow(in terms, read));
    }

    /// <summary>
    /// Does without a stop what will be done in it, as far as nothing is changed by that: a blocked thread's stack is unwound from where
    /// it stands. The first stops of a command, whose code and tables were not in memory yet, took three times as long as those after them.
    /// </summary>
    private void Rehearse(int thread, in StopTerms terms)
    {
        // Answers that the thread is not stopped.
        _ = _linux.GetRegisters(thread, out _);
        if (terms.Activity is { IsBlocked: true } activity)
        {
            _unwinder.Rehearse(in activity);
            var registers = new UserRegisters { Rip = activity.InstructionPointer.Value, Rsp = activity.StackPointer.Value };
            _ = Look(thread, in registers);
        }
    }

    // It went on sleeping while the stop was rehearsed.
    private static TimeSpan AsleepNow(in StopTerms terms, long read) => terms.Asleep == TimeSpan.Zero ? TimeSpan.Zero : terms.Asleep + Stopwatch.GetElapsedTime(read);

    private ThreadVisit Visit(in StoppedThread stopped, uint? generation, TimeSpan asleep, uint? grant, bool mayHook = false, int block = -1)
    {
        if (stopped.HasEnded)
        {
            return new ThreadVisit(VisitResult.Ended, default, default, default);
        }
        if (!stopped.IsStopped || stopped.GetRegisters(out var registers) != Errno.Success)
        {
            return new ThreadVisit(stopped.Error == Errno.NotPermitted ? VisitResult.Traced : VisitResult.Ended, default, default, default);
        }
        var visit = Look(stopped.Thread, in registers);
        // The grant first: a thread that is migrated has one as well, so that its next point leaves it where it is.
        if (grant is { } granted)
        {
            visit = _words.Store(in registers, ThreadWord.GrantOffset, granted) ? visit with { IsGranted = true } : visit with { Result = VisitResult.NoControlBlock };
        }
        if (visit.Result == VisitResult.Migrated && generation is { } word)
        {
            visit = visit with { Result = Generations.Store(stopped.Thread, in registers, word) ?? VisitResult.Migrated };
        }
        if (visit.Result == VisitResult.Busy && Hooks is { } hooks && StackVerdict.FindOutermost(_unwinder.Frames[..(visit.Unwinding.Depth + 1)], _oldCode) is >= 0 and var outermost)
        {
            var slot = _unwinder.Frames[outermost].ReturnAddressSlot;
            visit = visit with { IsHooked = mayHook && generation is { } number ? hooks.TryPlace(block, slot, number) : hooks.IsPlaced(slot) };
        }
        InterruptedCall.Restart(in stopped, ref registers, asleep);
        return visit;
    }

    private ThreadVisit Withdraw(in StoppedThread stopped, uint generation, TimeSpan asleep)
    {
        if (!stopped.IsStopped || stopped.GetRegisters(out var registers) != Errno.Success)
        {
            return new ThreadVisit(stopped.Error == Errno.NotPermitted ? VisitResult.Traced : VisitResult.Ended, default, default, default);
        }
        var set = ToRegisterSet(in registers);
        var outcome = _unwinder.Unwind(in set, out int count);
        // Inside a hook it may have read the grant already and not stored it yet; a stack that is not seen whole may hide that.
        bool isUsed = !outcome.IsComplete || !StackVerdict.Decide(_unwinder.Frames[..count], _trampolines).IsQuiescent
            || (_memory.TryReadUInt32(new Address(registers.FsBase) + ThreadWord.Offset, out uint word) && word == generation);
        var result = isUsed ? VisitResult.Migrated : _words.Store(in registers, ThreadWord.GrantOffset, 0) ? VisitResult.Busy : VisitResult.NoControlBlock;
        InterruptedCall.Restart(in stopped, ref registers, asleep);
        return new ThreadVisit(result, default, outcome, default);
    }

    /// <summary>Whether a thread that is stopped could migrate there. Changes nothing, allocates nothing.</summary>
    public ThreadVisit Look(int thread, in UserRegisters registers)
    {
        var set = ToRegisterSet(in registers);
        var outcome = _unwinder.Unwind(in set, out int count);
        if (!outcome.IsComplete)
        {
            return new ThreadVisit(VisitResult.Unreliable, default, outcome, outcome.ProgramCounter);
        }
        var frames = _unwinder.Frames[..count];
        // A trampoline counts wherever it is on the stack: a signal handler may have come above it, and what the thread decides
        // when it goes on there, it decides by what the trampoline was in the transition in which it entered it.
        if (_leftGeneration != 0 && Generations.IsElsewhere(thread, in registers, _leftGeneration) && StackVerdict.Decide(frames, _trampolines).IsQuiescent)
        {
            return new ThreadVisit(VisitResult.Migrated, new StackVerdict(-1, -1), outcome, default);
        }
        var verdict = StackVerdict.Decide(frames, _oldCode);
        if (verdict.IsQuiescent && Requests.FindLoop(frames) is >= 0 and var loop)
        {
            return new ThreadVisit(VisitResult.InRequest, new StackVerdict(-1, loop), outcome, _unwinder.Frames[loop].ProgramCounter);
        }
        return verdict.IsQuiescent
            ? new ThreadVisit(VisitResult.Migrated, verdict, outcome, default)
            : new ThreadVisit(VisitResult.Busy, verdict, outcome, _unwinder.Frames[verdict.Frame].ProgramCounter);
    }

    internal static RegisterSet ToRegisterSet(in UserRegisters r)
    {
        RegisterSet set = default;
        set[Register.Rax] = r.Rax;
        set[Register.Rbx] = r.Rbx;
        set[Register.Rcx] = r.Rcx;
        set[Register.Rdx] = r.Rdx;
        set[Register.Rsi] = r.Rsi;
        set[Register.Rdi] = r.Rdi;
        set[Register.Rbp] = r.Rbp;
        set[Register.Rsp] = r.Rsp;
        set[Register.R8] = r.R8;
        set[Register.R9] = r.R9;
        set[Register.R10] = r.R10;
        set[Register.R11] = r.R11;
        set[Register.R12] = r.R12;
        set[Register.R13] = r.R13;
        set[Register.R14] = r.R14;
        set[Register.R15] = r.R15;
        set[Register.Rip] = r.Rip;
        return set;
    }
}
