// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.X86;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

public enum MappingResult
{
    Done,

    /// <summary>No thread could be used for it; nothing was tried.</summary>
    NoThread,

    /// <summary>The thread has gone on, and what lies at the place is not what was asked for.</summary>
    Failed,

    /// <summary>The thread did not get there in time: it had no processor, or a signal handler of it has not come back. It may yet do it.</summary>
    TimedOut,

    /// <summary>A thread may be in the code that an earlier controller left; nothing was tried.</summary>
    CodeInUse,
}

/// <summary>
/// Has one blocked thread of the target map memory. The code that does it is put where nothing runs; then one call sets the
/// thread's instruction pointer to it, and the code itself gives the thread back. Killed before that call, nothing has
/// happened; killed after it, the thread finishes alone.
/// </summary>
public sealed class RemoteMapping(Target target, StopLog stops)
{
    private const int Rounds = 200;
    private const int RoundsForRestarted = 20;
    private const int RoundsForRunning = 60;

    private static readonly TimeSpan WaitForMapping = TimeSpan.FromSeconds(20), WaitForUnused = TimeSpan.FromSeconds(5);

    private readonly ILinux _linux = target.Linux;

    /// <summary>Maps the ranges, read and execute. <paramref name="codeRange"/> is executable memory that nothing uses.</summary>
    public MappingResult Map(IReadOnlyList<AddressRange> ranges, AddressRange codeRange) =>
        Map(ranges, codeRange, SyscallStub.MapExecutable, TargetJournal.MayBeOurs);

    /// <summary>Maps the ranges, which lie in a region of ours, read and write: for variables. The same in all else.</summary>
    public MappingResult MapData(IReadOnlyList<AddressRange> ranges, AddressRange codeRange) =>
        Map(ranges, codeRange, SyscallStub.MapWritable, TargetJournal.MayBeData);

    private MappingResult Map(IReadOnlyList<AddressRange> ranges, AddressRange codeRange, Func<AddressRange, SyscallRequest> request, Func<Mapping, bool> isWanted)
    {
        var requests = ranges.Select(request).ToArray();
        if (!WaitUntilUnused(codeRange))
        {
            return MappingResult.CodeInUse;
        }
        for (int round = 0; round < Rounds; round++)
        {
            foreach (int thread in OrderedCandidates(round))
            {
                if (TryBorrow(thread, requests, codeRange))
                {
                    return WaitUntilDone(thread, ranges, codeRange, isWanted);
                }
            }
            Thread.Sleep(1);
        }
        return MappingResult.NoThread;
    }

    // Threads first whose call the kernel restarts. Where a target has none, running ones; only then those whose call ends with
    // EINTR if we are killed in the middle.
    private IEnumerable<int> OrderedCandidates(int round) => target.Proc.ReadThreads()
        .Where(target.Seccomp.MayMap)
        .Select(t => (Thread: t, Activity: target.Proc.ReadActivity(t)))
        .Where(t => t.Activity is { } a && (a.IsBlocked ? IsUsable(a, round >= RoundsForRunning) : round >= RoundsForRestarted))
        .OrderBy(t => t.Thread == target.Process ? 1 : 0)
        .Select(t => t.Thread);

    private bool IsUsable(ThreadActivity blocked, bool isLastResort) =>
        blocked.Number >= 0 && SyscallRestart.MayBorrow(blocked.Number)
        && (isLastResort || !SyscallRestart.EndsWhenStopped(blocked.Number))
        && InterruptibleCalls.FindObstacle(_linux, target.Process, in blocked) is null;

    private bool TryBorrow(int thread, SyscallRequest[] requests, AddressRange codeRange)
    {
        var stub = new byte[SyscallStub.LengthFor(requests.Length)];
        if ((ulong)stub.Length > codeRange.Length)
        {
            throw new ArgumentException("the code for the mappings does not fit", nameof(codeRange));
        }
        var asleep = SleepClock.Read(target.Process, thread) ?? TimeSpan.Zero;
        using var stopped = StoppedThread.Take(_linux, thread, stops);
        if (!stopped.IsStopped || stopped.GetRegisters(out var registers) != Errno.Success)
        {
            return false;
        }
        long call = (long)registers.OrigRax;
        bool wasInterrupted = SyscallRestart.WasInterrupted(call, (long)registers.Rax);
        int written = Errno.Success;
        // A call that has its result is over: the thread is as if it had been running. Of one that was interrupted, a signal whose
        // handler runs next must find it interrupted, not yet to be made.
        if (!wasInterrupted || !stopped.HasSignal)
        {
            var resume = new ResumeRegisters(
                wasInterrupted ? InterruptedCall.RestartAddress(in registers) : registers.Rip,
                wasInterrupted ? SyscallRestart.NumberToGoOn(call, (long)registers.Rax) : registers.Rax,
                registers.Rdi, registers.Rsi, registers.Rdx, InterruptedCall.FourthArgument(in registers, asleep), registers.R8, registers.R9, registers.Rcx, registers.R11);
            int length = SyscallStub.Encode(requests, in resume, stub);
            written = target.Memory.TryWrite(codeRange.Start, stub.AsSpan(0, length));
            if (written == Errno.Success && Sees(thread, codeRange.Start, stub.AsSpan(0, length)))
            {
                var borrowed = registers;
                borrowed.Rip = codeRange.Start.Value;
                borrowed.OrigRax = ulong.MaxValue;
                if (stopped.SetRegisters(in borrowed) == Errno.Success)
                {
                    return true;
                }
            }
        }
        InterruptedCall.Restart(in stopped, ref registers, asleep);
        // With another thread it would be the same.
        target.Memory.ThrowIf(written, codeRange.Start, stub.Length);
        return false;
    }

    // After an exec the thread has other memory than what was opened and written, and must not be sent there.
    private bool Sees(int thread, Address at, ReadOnlySpan<byte> stub)
    {
        Span<byte> seen = stackalloc byte[stub.Length];
        return _linux.Read(thread, at, seen) == Errno.Success && seen.SequenceEqual(stub);
    }

    // That the thread is elsewhere does not tell that it is done: a signal whose handler ran first has it come back.
    private MappingResult WaitUntilDone(int thread, IReadOnlyList<AddressRange> ranges, AddressRange codeRange, Func<Mapping, bool> isWanted)
    {
        var start = System.Diagnostics.Stopwatch.StartNew();
        while (start.Elapsed < WaitForMapping)
        {
            var activity = target.Proc.ReadActivity(thread);
            bool left = activity is null || (activity is { IsBlocked: true } a && !codeRange.Contains(a.InstructionPointer)) || HasLeft(thread, codeRange, start.Elapsed);
            if (left)
            {
                target.RefreshMappings();
                if (ranges.All(r => target.Mappings.Any(m => m.Range.Contains(r) && isWanted(m))))
                {
                    return MappingResult.Done;
                }
                if (activity is null || ranges.Any(r => target.Mappings.Any(m => m.Range.Overlaps(r) && !isWanted(m))))
                {
                    return MappingResult.Failed;
                }
            }
            Thread.Sleep(left ? 1 : 0);
        }
        return MappingResult.TimedOut;
    }

    // A thread that found work at once is running: it is asked where, after a while.
    private bool HasLeft(int thread, AddressRange codeRange, TimeSpan waited)
    {
        if (waited < TimeSpan.FromMilliseconds(2))
        {
            return false;
        }
        using var stopped = StoppedThread.Take(_linux, thread, stops);
        if (!stopped.IsStopped || stopped.GetRegisters(out var registers) != Errno.Success)
        {
            return stopped.HasEnded;
        }
        bool left = !codeRange.Contains(new Address(registers.Rip));
        InterruptedCall.Restart(in stopped, ref registers, TimeSpan.Zero);
        return left;
    }

    /// <summary>Waits until no thread runs code that an earlier controller, which was killed, may have left there. False: of one that runs nobody can tell, since it
    /// cannot be stopped (another tracer has come), or it does not get on.</summary>
    private bool WaitUntilUnused(AddressRange codeRange)
    {
        bool isFresh = target.Memory.Read(codeRange.Start, (int)codeRange.Length) is not { } bytes || bytes.AsSpan().IndexOfAnyExcept((byte)0) < 0;
        var start = System.Diagnostics.Stopwatch.StartNew();
        foreach (int thread in isFresh ? [] : target.Proc.ReadThreads())
        {
            while (target.Proc.ReadActivity(thread) is { } a && (a.IsBlocked ? codeRange.Contains(a.InstructionPointer) : !HasLeft(thread, codeRange, WaitForMapping)))
            {
                if (start.Elapsed > WaitForUnused)
                {
                    return false;
                }
                Thread.Sleep(0);
            }
        }
        return true;
    }
}
