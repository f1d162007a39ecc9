// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Targets;

namespace Wfpatch.Lab.Baselines;

/// <summary>
/// Stops all threads of a target at once, as stop_machine does in a kernel: all are asked, then each is waited for and looked at; when the last one stands, what is to be
/// written is written, unless a thread is in the way; all go on. Each is held in a frame of a recursion (<see cref="StoppedThread"/> is a ref struct). Its calls are
/// given back as the engine does it. Not for more than <see cref="MostThreads"/> threads.
/// </summary>
/// <param name="look">Tells of a stopped thread whether its stack is free of what changes; null: where it stands is looked at alone.</param>
internal sealed class WorldStop(Target target, OutsideMigration? look)
{
    internal const int MostThreads = 1024;

    private const int PauseUs = 20;
    private static readonly TimeSpan PatienceForStop = TimeSpan.FromSeconds(1);

    private readonly Candidate[] _threads = new Candidate[MostThreads];
    private readonly int[] _listed = new int[MostThreads];
    private ImmutableArray<int> _ofKernel = [];
    private int _count;
    private int _held;
    private StopVerdict _verdict;
    private int _inTheWay;
    private long _began;

    private record struct Candidate(int Id, TimeSpan Asleep, long ReadAt)
    {
        internal bool IsAsked { get; set; }

        internal bool IsLate { get; set; }
    }

    /// <param name="middles">Where no thread may stand.</param>
    internal StopOutcome Try(ReadOnlyMemory<CodeWrite> writes, ReadOnlyMemory<AddressRange> middles)
    {
        (_held, _verdict, _inTheWay) = (0, StopVerdict.Written, 0);
        if (FindThreads() is { } notNow)
        {
            return new(StopVerdict.NotNow, notNow, 0, TimeSpan.Zero);
        }
        target.Linux.SetUrgent(true);
        _began = Stopwatch.GetTimestamp();
        try
        {
            Ask();
            Hold(0, writes.Span, middles.Span);
        }
        finally
        {
            target.Linux.SetUrgent(false);
        }
        TimeSpan waited = Stopwatch.GetElapsedTime(_began);
        LetLateGo();
        return new(_verdict, _inTheWay, _held, waited);
    }

    /// <returns>A thread that must not be stopped at this moment, or null.</returns>
    private int? FindThreads()
    {
        _count = 0;
        _ofKernel = target.Proc.ReadThreadsOfKernel();
        foreach (int id in target.Proc.ReadThreads().Where(id => !_ofKernel.Contains(id)).Take(MostThreads))
        {
            StopTerms terms = StopTerms.Read(target, id, Address.Zero);
            if (terms.Obstacle is not null)
            {
                return id;
            }
            Rehearse(id, in terms);
            _threads[_count++] = new(id, terms.Asleep, Stopwatch.GetTimestamp());
        }
        return null;
    }

    /// <summary>Unwinds what sleeps before anybody is stopped, as the engine does: what it finds decides nothing, and the tables are at hand then.</summary>
    private void Rehearse(int thread, in StopTerms terms)
    {
        if (look is not null && terms.Activity is { IsBlocked: true } activity)
        {
            UserRegisters registers = new() { Rip = activity.InstructionPointer.Value, Rsp = activity.StackPointer.Value };
            _ = look.Look(thread, in registers);
        }
    }

    // ----- while threads stand still: nothing is allocated -----

    private void Ask()
    {
        for (int i = 0; i < _count; i++)
        {
            int error = target.Linux.Seize(_threads[i].Id);
            _threads[i].IsAsked = error == Errno.Success;
            if (error == Errno.Success)
            {
                _ = target.Linux.Interrupt(_threads[i].Id); // one that is ending says so when it is waited for
            }
            else if (error != Errno.NoSuchProcess)
            {
                Object(StopVerdict.NotStopped, _threads[i].Id);
            }
        }
    }

    private void Hold(int index, ReadOnlySpan<CodeWrite> writes, ReadOnlySpan<AddressRange> middles)
    {
        if (index == _count)
        {
            Write(writes);
            return;
        }
        if (!_threads[index].IsAsked)
        {
            Hold(index + 1, writes, middles);
            return;
        }
        using StoppedThread stopped = Await(_threads[index].Id);
        _threads[index].IsLate = stopped.IsLate;
        UserRegisters registers = default;
        bool stands = stopped.IsStopped && stopped.GetRegisters(out registers) == Errno.Success;
        if (stands)
        {
            _held++;
            Look(_threads[index].Id, in registers, middles);
        }
        else if (!stopped.HasEnded)
        {
            Object(StopVerdict.NotStopped, _threads[index].Id);
        }
        Hold(index + 1, writes, middles);
        if (stands)
        {
            InterruptedCall.Restart(in stopped, ref registers, AsleepNow(in _threads[index]));
        }
    }

    private StoppedThread Await(int thread)
    {
        for (; ; )
        {
            StoppedThread stopped = StoppedThread.TakeLate(target.Linux, thread, null, default, othersAreHeld: true);
            if (!stopped.IsLate || Stopwatch.GetElapsedTime(_began) > PatienceForStop)
            {
                return stopped;
            }
            target.Linux.Pause(PauseUs); // a late one holds nothing that would have to be given back
        }
    }

    private void Look(int thread, in UserRegisters registers, ReadOnlySpan<AddressRange> middles)
    {
        Address at = new(registers.Rip);
        foreach (AddressRange middle in middles)
        {
            if (middle.Contains(at))
            {
                Object(StopVerdict.ThreadInside, thread);
            }
        }
        // When one is in the way already, the others need not be looked at.
        if (look is not null && _verdict == StopVerdict.Written && look.Look(thread, in registers).Result is var result and not VisitResult.Migrated)
        {
            Object(result == VisitResult.Unreliable ? StopVerdict.StackUnknown : StopVerdict.ThreadInside, thread);
        }
    }

    private void Write(ReadOnlySpan<CodeWrite> writes)
    {
        if (_verdict != StopVerdict.Written || !AreAll())
        {
            return;
        }
        foreach (CodeWrite write in writes)
        {
            if (target.Memory.TryWrite(write.Address, write.Bytes) != Errno.Success)
            {
                Object(StopVerdict.NotStopped, 0);
            }
        }
    }

    /// <summary>Only a thread makes a thread: where all that are listed now stand still, there are no others.</summary>
    private bool AreAll()
    {
        int listed = QuietProcFs.ReadThreads(target.Process, _listed);
        for (int i = 0; i < Math.Min(listed, MostThreads); i++)
        {
            if (!IsKnown(_listed[i]) && !_ofKernel.Contains(_listed[i]))
            {
                Object(StopVerdict.ThreadsChanged, _listed[i]);
                return false;
            }
        }
        return listed <= MostThreads;
    }

    private bool IsKnown(int thread)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_threads[i].Id == thread)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The first objection counts.</summary>
    private void Object(StopVerdict verdict, int thread)
    {
        if (_verdict == StopVerdict.Written)
        {
            (_verdict, _inTheWay) = (verdict, thread);
        }
    }

    private static TimeSpan AsleepNow(in Candidate thread) => thread.Asleep == TimeSpan.Zero ? TimeSpan.Zero : thread.Asleep + Stopwatch.GetElapsedTime(thread.ReadAt);

    // ----- nobody stands still any more -----

    private void LetLateGo()
    {
        for (int i = 0; i < _count; i++)
        {
            for (bool isLate = _threads[i].IsLate; isLate; target.Linux.Pause(PauseUs))
            {
                using StoppedThread stopped = StoppedThread.TakeLate(target.Linux, _threads[i].Id, null, default);
                isLate = stopped.IsLate;
                if (stopped.IsStopped && stopped.GetRegisters(out UserRegisters registers) == Errno.Success)
                {
                    InterruptedCall.Restart(in stopped, ref registers, AsleepNow(in _threads[i]));
                }
            }
        }
    }
}
