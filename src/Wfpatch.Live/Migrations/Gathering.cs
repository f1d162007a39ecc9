// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Migrations;

/// <summary>
/// Brings all threads over in one instant. Thread after thread is stopped and looked at; one that is outside of the changed code is held, one that is
/// not is let go and looked at again. When all are held, one call lets all go over, and all go on in the new version. None waits longer than a bound: then all go on in the
/// version before, and it is tried again later, those who were missing first and while nobody waits for them.
/// Each held thread lives in a frame of the recursion, so that all are let go however it ends; if the controller is killed, the kernel lets them go.
/// While one is held nothing is allocated.
/// </summary>
public sealed class Gathering
{
    private const int ShortestPause = 100, LongestPause = 16_000; // microseconds

    /// <summary>How much longer all run between two attempts than they waited, at least.</summary>
    private const int RunsLonger = 5;

    /// <summary>So long nobody is held while the first thread is looked for; then what was read of the others is too old.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(10), LongestBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PatienceForStop = TimeSpan.FromMilliseconds(100);

    /// <summary>How long it takes to let one thread go, before that was measured.</summary>
    private static readonly TimeSpan FirstRelease = TimeSpan.FromMicroseconds(20);

    private readonly Target _target;
    private readonly OutsideMigration _outside;
    private readonly IReadOnlyList<HeldCode> _oldCode;
    private readonly IGlobalMove _move;
    private readonly TimeSpan _longestWait;
    private readonly StopLog _stops;
    private readonly Stopwatch _clock;
    private readonly GatheredThreads _threads;
    private readonly Dictionary<int, int> _misses = [];
    private readonly List<GatheringAttempt> _attempts = [];
    private int _fruitless;
    private int _pause;
    private int _held;
    private long _heldSince;
    private long _deadline;
    private long _lettingGoSince;
    private TimeSpan _longestLook;
    private TimeSpan _longestRelease = FirstRelease;
    private CancellationToken _cancel;

    /// <param name="outside">Tells of a stopped thread whether it is outside.</param>
    /// <param name="oldCode">The names of what <paramref name="outside"/> looks for, in the same order.</param>
    /// <param name="move">Lets all that are held go over.</param>
    /// <param name="longestWait">How long a thread is held at most.</param>
    /// <param name="clock">Running since arming began.</param>
    public Gathering(
        Target target, OutsideMigration outside, IReadOnlyList<HeldCode> oldCode, IGlobalMove move, TimeSpan longestWait, StopLog stops, Stopwatch clock)
    {
        _target = target;
        _threads = new GatheredThreads(target);
        _outside = outside;
        _oldCode = oldCode;
        _move = move;
        _longestWait = longestWait;
        _stops = stops;
        _clock = clock;
    }

    private enum Result
    {
        Moved,

        /// <summary>Somebody was missing.</summary>
        TooLate,

        /// <summary>Not even the first one was held.</summary>
        NobodyHeld,
        TooMany,
        NotWritten,
    }

    /// <summary>Each time that threads waited for each other, the successful one last.</summary>
    public ImmutableArray<GatheringAttempt> Attempts => [.. _attempts];

    /// <summary>The threads as they were last seen: Together where all went over, else those who were missing are pending.</summary>
    public ImmutableArray<ThreadRecord> Threads { get; private set; } = [];

    /// <summary>Runs until all threads went over (true), the time is over or the caller cancels (false).</summary>
    public bool Run(TimeSpan timeout, Action<IReadOnlyCollection<ThreadRecord>> progress, CancellationToken cancel)
    {
        var end = _clock.Elapsed + timeout;
        var backOff = FirstBackOff;
        _cancel = cancel;
        while (true)
        {
            Prepare();
            var began = _clock.Elapsed;
            _held = 0;
            var result = HoldRest(0);
            var waited = _held == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_heldSince);
            MeasureRelease();
            Tell(result, began, waited);
            progress(Threads);
            if (result == Result.Moved)
            {
                return true;
            }
            if (_clock.Elapsed >= end || cancel.IsCancellationRequested)
            {
                LetLateGo();
                return false;
            }
            if (_held > 0)
            {
                Rest(TimeSpan.FromTicks(Math.Min(Math.Max(backOff.Ticks, RunsLonger * waited.Ticks), (end - _clock.Elapsed).Ticks)));
                backOff = backOff * 2 < LongestBackOff ? backOff * 2 : LongestBackOff;
            }
        }
    }

    // ----- while nobody is held -----

    private void Prepare()
    {
        var late = _threads.All.ToArray().Where(t => t.State == GatheredState.Late).Select(t => t.Id).ToHashSet();
        var alive = _target.Proc.ReadThreads();
        if (alive.IsEmpty)
        {
            throw new TargetAccessException($"listing the threads of process {_target.Process}", Errno.NoSuchProcess);
        }
        // Busy ones before those that sleep, which stay where they are meanwhile.
        var others = _target.Proc.ReadThreadsOfKernel().Select(id => new GatheredThread(id, Address.Zero) { State = GatheredState.OfKernel, Sleeps = -1 });
        _threads.Reset(alive.Select(id => Measure(id, late.Contains(id))).OrderByDescending(t => t.Misses).ThenByDescending(t => t.IsRunning).Concat(others));
        _fruitless = 0;
        _pause = ShortestPause;
        _deadline = Stopwatch.GetTimestamp() + ToTimestamp(Freshness);
    }

    private void MeasureRelease()
    {
        if (_held > 0)
        {
            var release = Stopwatch.GetElapsedTime(_lettingGoSince) / _held;
            _longestRelease = release > _longestRelease ? release : _longestRelease;
        }
    }

    private GatheredThread Measure(int id, bool isLate)
    {
        var thread = new GatheredThread(id, ThreadControlBlock.Find(_target.Linux, _target.Memory, id)) { Misses = _misses.GetValueOrDefault(id), Sleeps = -1 };
        if (isLate)
        {
            return thread with { State = GatheredState.Late };
        }
        new CallPermit(_target.Memory, thread.ControlBlock).ClearLeftOver(_target, thread.Id);
        if (!QuietProcFs.TryReadState(_target.Process, id, out byte state, out long sleeps) || state is (byte)'Z' or (byte)'X')
        {
            return thread with { State = GatheredState.Ended };
        }
        var terms = StopTerms.Read(_target, id, thread.ControlBlock);
        return thread with { Sleeps = sleeps, Asleep = terms.Asleep, MeasuredAt = Stopwatch.GetTimestamp(), IsRunning = !terms.IsBlocked };
    }

    private void Tell(Result result, TimeSpan began, TimeSpan waited)
    {
        var threads = _threads.All.ToArray().Where(t => t.State is not (GatheredState.Ended or GatheredState.OfKernel)).ToList();
        Threads = [.. threads.Select(t => new ThreadRecord(t.Id, _target.Proc.ReadThreadName(t.Id) ?? "", t.ControlBlock)
        {
            Path = result == Result.Moved ? MigrationPath.Together : MigrationPath.Pending,
            MigratedAt = result == Result.Moved ? _clock.Elapsed : null,
            Blocker = t.State is GatheredState.Away or GatheredState.Late ? Describe(t) : null,
        })];
        ImmutableArray<MissingThread> missing = result == Result.Moved ? [] : [.. Threads.Where(t => t.Blocker is not null).Select(t => new MissingThread(t.Id, t.Name, t.Blocker!))];
        foreach (int id in missing.Select(m => m.Id))
        {
            _misses[id] = _misses.GetValueOrDefault(id) + (_held > 0 ? 1 : 0);
        }
        if (_held > 0)
        {
            _attempts.Add(new GatheringAttempt(began, waited, _held, missing));
        }
    }

    private Blocker Describe(GatheredThread thread)
    {
        if (thread.State == GatheredState.Late || thread is { IsUntouchable: true, Activity.IsBlocked: false })
        {
            return new Blocker("", -1, Address.Zero, "it is in an uninterruptible wait of the kernel");
        }
        var activity = thread.Activity;
        return thread.IsUntouchable
            ? BlockerText.Describe(in activity, InterruptibleCalls.FindObstacle(_target.Linux, _target.Process, in activity) ?? "a call that must not be disturbed")
            : thread.Visit == default ? new Blocker("", -1, Address.Zero, "there was no time to look at it") : BlockerText.Describe(thread.Visit, _oldCode);
    }

    private void Rest(TimeSpan time)
    {
        var until = _clock.Elapsed + time;
        while (_clock.Elapsed < until && !_cancel.IsCancellationRequested)
        {
            LetLateGo();
            Thread.Sleep(1);
        }
    }

    private void LetLateGo()
    {
        for (int i = 0; i < _threads.Count; i++)
        {
            if (_threads[i].State == GatheredState.Late)
            {
                _ = HoldOrLetGo(-1, i);
            }
        }
    }

    // ----- while some are held: nothing is allocated -----

    /// <param name="held">How many are held; each in a frame below this one.</param>
    private Result HoldRest(int held)
    {
        while (true)
        {
            int next = _threads.FindAway(held);
            if (next < 0)
            {
                switch (_threads.Relist(held))
                {
                    case Listing.AllKnown:
                        return held == 0 ? Result.NobodyHeld : Flip();
                    case Listing.TooMany:
                        return Result.TooMany;
                    case Listing.NotWhole:
                        return held == 0 ? Result.NobodyHeld : Result.TooLate;
                    default:
                        continue;
                }
            }
            if (Stopwatch.GetTimestamp() >= LastMoment(held) || _cancel.IsCancellationRequested)
            {
                return held == 0 ? Result.NobodyHeld : Result.TooLate;
            }
            if (HoldOrLetGo(held, next) is { } result)
            {
                return result;
            }
            GoOnLooking(held);
        }
    }

    /// <summary>When those that are held must begin to go, so that the first one, which goes last, goes in time: one look may be begun before.</summary>
    private long LastMoment(int held)
    {
        if (held == 0)
        {
            return _deadline;
        }
        var needed = _longestLook + (_longestRelease * held);
        return _deadline - ToTimestamp(needed < _longestWait / 2 ? needed : _longestWait / 2);
    }

    // When all that are away were looked at in vain, they get a moment to go on.
    private void GoOnLooking(int held)
    {
        // Of the hardest ones, which are looked for while nobody waits, each look may be in vain.
        if (++_fruitless < (held == 0 && _threads[0].Misses > 0 ? 1 : _threads.Count - held))
        {
            return;
        }
        _fruitless = 0;
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), LastMoment(held));
        _target.Linux.Pause((int)Math.Clamp(left.TotalMicroseconds, 1, _pause));
        _pause = Math.Min(2 * _pause, held == 0 ? LongestPause : 10 * ShortestPause);
    }

    /// <summary>Null: the thread is not held, look at the next one.</summary>
    /// <param name="held">How many are held already; -1: it is let go in any case.</param>
    private Result? HoldOrLetGo(int held, int index)
    {
        ref var thread = ref _threads[index];
        var permit = new CallPermit(_target.Memory, thread.ControlBlock);
        bool wasLate = thread.State == GatheredState.Late;
        if (!wasLate && !MayStop(ref thread))
        {
            return null;
        }
        var asleep = AsleepNow(in thread);
        long asked = Stopwatch.GetTimestamp();
        using var stopped = wasLate
            ? StoppedThread.TakeLate(_target.Linux, thread.Id, null, permit, othersAreHeld: held > 0)
            : StoppedThread.Take(_target.Linux, thread.Id, null, permit, held > 0 ? LastMoment(held) : asked + ToTimestamp(PatienceForStop), othersAreHeld: held > 0);
        long stood = Stopwatch.GetTimestamp();
        if (stopped.IsLate)
        {
            thread.State = GatheredState.Late;
            return null;
        }
        thread.State = stopped.HasEnded ? GatheredState.Ended : GatheredState.Away;
        if (!stopped.IsStopped || stopped.GetRegisters(out var registers) != Errno.Success)
        {
            thread.Visit = new ThreadVisit(stopped.Error == Errno.NotPermitted ? VisitResult.Traced : VisitResult.Ended, default, default, default);
            return null;
        }
        thread.Visit = _outside.Look(thread.Id, in registers);
        var interrupted = registers;
        // At once, and not when it is let go: a controller that is killed lets it go as it is.
        InterruptedCall.Restart(in stopped, ref registers, asleep);
        if (thread.Visit.Result == VisitResult.Migrated && held >= 0 && !_move.TryReady(in stopped, in registers))
        {
            thread.Visit = thread.Visit with { Result = VisitResult.NotNow };
        }
        if (thread.Visit.Result != VisitResult.Migrated || held < 0)
        {
            thread.Runs = QuietProcFs.ReadRuns(_target.Process, thread.Id);
            var look = Stopwatch.GetElapsedTime(stood);
            _longestLook = look > _longestLook ? look : _longestLook;
            _stops.Add(Stopwatch.GetElapsedTime(asked), look);
            return null;
        }
        thread.State = GatheredState.Held;
        _held = held + 1;
        if (held == 0)
        {
            _heldSince = stood;
            _deadline = stood + ToTimestamp(_longestWait);
        }
        _fruitless = 0;
        _pause = ShortestPause;
        var result = HoldRest(held + 1);
        _move.Release(in stopped, in registers);
        _lettingGoSince = held + 1 == _held ? Stopwatch.GetTimestamp() : _lettingGoSince;
        _threads[index].State = result == Result.Moved ? GatheredState.Moved : GatheredState.Released;
        if (SyscallRestart.Decide((long)interrupted.OrigRax, (long)interrupted.Rax, interrupted.R10) == SyscallRestartKind.AgainWithRestOfTimeout)
        {
            InterruptedCall.Restart(in stopped, ref interrupted, asleep + Stopwatch.GetElapsedTime(stood));
        }
        return result;
    }

    private bool MayStop(ref GatheredThread thread)
    {
        if (!QuietProcFs.TryReadState(_target.Process, thread.Id, out byte state, out long sleeps) || state is (byte)'Z' or (byte)'X'
            || !QuietProcFs.TryReadActivity(_target.Process, thread.Id, out var activity))
        {
            thread.State = GatheredState.Ended;
            return false;
        }
        thread.Activity = activity;
        thread.IsUntouchable = state == (byte)'D'
            || (activity.IsBlocked && !InterruptibleCalls.MayStop(_target.Linux, _target.Process, in activity));
        if (thread.Runs != 0 && thread.Runs == QuietProcFs.ReadRuns(_target.Process, thread.Id))
        {
            // It waits for a processor since it was looked at last. Were it stopped now, it would stop before its next instruction, and so each time.
            return false;
        }
        if (sleeps != thread.Sleeps)
        {
            // Another sleep, of which no more is known than that it is not longer than this.
            thread.Sleeps = sleeps;
            thread.Asleep = TimeSpan.Zero;
            thread.MeasuredAt = Stopwatch.GetTimestamp();
        }
        return !thread.IsUntouchable;
    }

    private static TimeSpan AsleepNow(in GatheredThread thread) =>
        thread.Activity is { IsBlocked: true } blocked && SyscallRestart.HasTimeoutInMilliseconds(blocked.Number, blocked.Arguments.Fourth)
            ? thread.Asleep + Stopwatch.GetElapsedTime(thread.MeasuredAt)
            : TimeSpan.Zero;

    private Result Flip() =>
        _move.Run() == Errno.Success ? Result.Moved : Result.NotWritten;

    private static long ToTimestamp(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
