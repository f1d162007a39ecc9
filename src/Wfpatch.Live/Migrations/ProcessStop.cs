// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Unwinding;
using Wfpatch.Core.X86;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;
using StackFrame = Wfpatch.Core.Unwinding.StackFrame;

namespace Wfpatch.Live.Migrations;

/// <summary>
/// Last resort: stops all threads of a target, for as long as a write takes that none of them may be in the middle of. Each is
/// stopped in turn and stays so until all are; where one stands in the wrong place, or it takes too long, all go on at once and it is
/// tried again later. If the controller is killed, the kernel lets all go, and the write was made whole or not at all.
/// </summary>
public sealed class ProcessStop(Target target, Unwinder unwinder, StopLog stops)
{
    private const int MostTries = 50, MostFrames = 512;

    /// <summary>How much longer the target runs between two tries than it stood, at least.</summary>
    private const int RunsLonger = 5;

    /// <summary>From the first thread's stop on no further one is stopped, or waited for, after that: then all begin to go on.</summary>
    private static readonly TimeSpan LongestTry = TimeSpan.FromMilliseconds(10);

    private readonly StackFrame[] _frames = new StackFrame[MostFrames];
    private readonly byte[] _stat = new byte[1024];

    /// <summary>One that did not stop in time, since it went into a wait of the kernel that nothing interrupts (vfork(2)). It was asked to, and is let go when it does.</summary>
    private Candidate? _late;

    private enum Result
    {
        Written,
        ThreadInside,
        StackUnknown,
        NotStopped,
        Late,
        TookTooLong,
        ThreadsChanged,
        CodeChanged,
    }

    private sealed record Candidate(int Id, TimeSpan Asleep, CallPermit Permit);

    /// <param name="OfKernel">Threads that the kernel has in the process for work of its own: they run none of its code, and are not stopped.</param>
    private sealed record Try(ImmutableArray<Candidate> Threads, ImmutableArray<int> OfKernel, CodeWrite[] Writes, Microsoft.Win32.SafeHandles.SafeFileHandle Stat, long Began);

    /// <summary>Makes writes that take the place of several instructions each.</summary>
    /// <returns>Null: done. Else why not, completing a sentence.</returns>
    public string? Write(ImmutableArray<CodeWrite> writes)
    {
        string why = "";
        var pause = TimeSpan.Zero;
        for (int i = 0; i < MostTries; i++)
        {
            Rest(pause);
            pause = TimeSpan.FromMilliseconds(1);
            var (threads, obstacle) = LetLateGo() is { } waiting ? ([], waiting) : FindThreads();
            if (obstacle is not null)
            {
                why = obstacle;
                continue;
            }
            using var stat = File.OpenHandle($"/proc/{target.Process}/stat");
            long began = Stopwatch.GetTimestamp();
            var result = StopFrom(0, 0, new Try(threads, target.Proc.ReadThreadsOfKernel(), [.. writes], stat, began), out int thread);
            pause += RunsLonger * Stopwatch.GetElapsedTime(began);
            if (result == Result.Written)
            {
                return null;
            }
            why = Describe(result, thread);
            if (result == Result.CodeChanged)
            {
                break;
            }
        }
        if (_late is not null)
        {
            Rest(LongestTry);
        }
        return why;
    }

    /// <summary>The target runs. One that was late, and stops meanwhile, does not stand still for it.</summary>
    private void Rest(TimeSpan time)
    {
        for (long began = Stopwatch.GetTimestamp(); _late is not null && Stopwatch.GetElapsedTime(began) < time;)
        {
            Thread.Sleep(1);
            _ = LetLateGo();
        }
        if (_late is null)
        {
            Thread.Sleep(time);
        }
    }

    /// <summary>Null: nobody is late any more. Else why not, completing a sentence. Nobody stands still for it.</summary>
    private string? LetLateGo()
    {
        if (_late is not { } late)
        {
            return null;
        }
        using var stopped = StoppedThread.TakeLate(target.Linux, late.Id, stops, late.Permit);
        if (stopped.IsLate)
        {
            return DescribeLate(late.Id);
        }
        _late = null;
        if (stopped.IsStopped && stopped.GetRegisters(out var registers) == Errno.Success)
        {
            InterruptedCall.Restart(in stopped, ref registers, late.Asleep);
        }
        return null;
    }

    private (ImmutableArray<Candidate> Threads, string? Obstacle) FindThreads()
    {
        var threads = ImmutableArray.CreateBuilder<Candidate>();
        foreach (int id in target.Proc.ReadThreads())
        {
            var terms = StopTerms.Read(target, id, ThreadControlBlock.Find(target.Linux, target.Memory, id));
            if (terms.Obstacle is { } obstacle)
            {
                return ([], $"thread {id} is in {obstacle}");
            }
            threads.Add(new Candidate(id, terms.Asleep, terms.Permit));
        }
        return (threads.ToImmutable(), null);
    }

    /// <summary>Stops the threads from one on, while those before it are stopped; each lives in a frame of its own. Nothing is allocated.</summary>
    /// <param name="held">How many those are: others have ended.</param>
    private Result StopFrom(int index, int held, Try attempt, out int thread)
    {
        if (index == attempt.Threads.Length)
        {
            thread = 0;
            return WriteAll(attempt, held);
        }
        var candidate = attempt.Threads[index];
        thread = candidate.Id;
        // A thread that ran a moment ago may be in vfork(2) by now, and stops when its child lets it.
        using var stopped = StoppedThread.Take(
            target.Linux, candidate.Id, stops, candidate.Permit, attempt.Began + (long)(LongestTry.TotalSeconds * Stopwatch.Frequency), othersAreHeld: held > 0);
        if (stopped.IsLate)
        {
            _late = candidate;
            return Result.Late;
        }
        if (stopped.HasEnded)
        {
            return StopFrom(index + 1, held, attempt, out thread);
        }
        if (!stopped.IsStopped || stopped.GetRegisters(out var registers) != Errno.Success)
        {
            return Result.NotStopped;
        }
        var result = Look(in registers, attempt);
        if (result == Result.Written)
        {
            result = Stopwatch.GetElapsedTime(attempt.Began) > LongestTry ? Result.TookTooLong : StopFrom(index + 1, held + 1, attempt, out thread);
        }
        InterruptedCall.Restart(in stopped, ref registers, candidate.Asleep);
        return result;
    }

    /// <summary>Written: nothing is against it. A return address is never inside: no call is displaced but the last one. What a signal has
    /// interrupted may be.</summary>
    private Result Look(in UserRegisters registers, Try attempt)
    {
        if (IsInside(new Address(registers.Rip), attempt.Writes))
        {
            return Result.ThreadInside;
        }
        var set = OutsideMigration.ToRegisterSet(in registers);
        if (!unwinder.Unwind(in set, target.Memory, _frames, out int count).IsComplete)
        {
            return Result.StackUnknown;
        }
        for (int i = 0; i < count; i++)
        {
            if (IsInside(_frames[i].ProgramCounter, attempt.Writes))
            {
                return Result.ThreadInside;
            }
        }
        return Result.Written;
    }

    private static bool IsInside(Address at, CodeWrite[] writes)
    {
        foreach (var write in writes)
        {
            if (at > write.Address && at < write.Address + write.Bytes.Length)
            {
                return true;
            }
        }
        return false;
    }

    private Result WriteAll(Try attempt, int held)
    {
        // Only a thread makes a thread: where as many are held as there are, there are no others. One that has ended counts for none, as another one may have come in
        // its place; but a main thread that has ended is counted as long as the process lives.
        int ended = attempt.Threads.Any(t => t.Id == target.Process) ? 0 : 1;
        if (CountThreads(attempt.Stat) != held + ended + CountLiving(attempt.OfKernel))
        {
            return Result.ThreadsChanged;
        }
        foreach (var write in attempt.Writes)
        {
            if (!IsAsPlanned(write))
            {
                return Result.CodeChanged;
            }
        }
        foreach (var write in attempt.Writes)
        {
            if (target.Memory.TryWrite(write.Address, write.Bytes) != Errno.Success)
            {
                return Result.NotStopped;
            }
        }
        return Result.Written;
    }

    private int CountLiving(ImmutableArray<int> threads)
    {
        int count = 0;
        foreach (int id in threads)
        {
            count += QuietProcFs.TryReadState(target.Process, id, out byte state, out _) && state is not ((byte)'Z' or (byte)'X') ? 1 : 0;
        }
        return count;
    }

    /// <summary>The last look: the code may have been unloaded since it was planned for, and nobody can unload it now.</summary>
    private bool IsAsPlanned(CodeWrite write) => write.Redirect is not { } redirect || redirect.LookIn(target.Memory, write.Bytes) != EntryLook.Gone;

    /// <summary>num_threads of proc_pid_stat(5).</summary>
    private int CountThreads(Microsoft.Win32.SafeHandles.SafeFileHandle stat)
    {
        const int FieldsBehindName = 17; // state is the first of them, num_threads the 18th
        int length = RandomAccess.Read(stat, _stat, 0);
        var text = _stat.AsSpan(0, length);
        var rest = text[(text.LastIndexOf((byte)')') + 2)..];
        for (int i = 0; i < FieldsBehindName; i++)
        {
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
        }
        return Utf8Parser.TryParse(rest, out int count, out _) ? count : 0;
    }

    private static string DescribeLate(int thread) => $"thread {thread} did not stop within {LongestTry.TotalMilliseconds} ms";

    private static string Describe(Result result, int thread) => result switch
    {
        Result.ThreadInside => $"thread {thread} was in them each time",
        Result.StackUnknown => $"the stack of thread {thread} cannot be unwound, so that nobody knows what a signal has interrupted",
        Result.NotStopped => $"thread {thread} could not be stopped",
        Result.Late => DescribeLate(thread),
        Result.CodeChanged => "the code there is not what it was when this was planned",
        Result.TookTooLong => $"it took longer than {LongestTry.TotalMilliseconds} ms to stop them all",
        _ => "threads come and go all the time",
    };
}
