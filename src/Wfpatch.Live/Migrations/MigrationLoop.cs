// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Migrations;

/// <summary>
/// Follows a transition until every thread is in its destination: reads the threads' generations (no stop), and visits those that
/// do not come by a point themselves. Under the policy points these are threads that stay blocked; a busy thread is never
/// stopped. Under stack every thread is visited, with growing pauses.
/// </summary>
public sealed class MigrationLoop
{
    private static readonly TimeSpan IdleBeforeVisit = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPauseOfHooked = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly ILinux _linux;
    private readonly Target _target;
    private readonly OutsideMigration _outside;
    private readonly IReadOnlyList<HeldCode> _oldCode;
    private readonly uint _destination;
    private readonly uint _leftGeneration;
    private readonly bool _hasPoints;
    private readonly Stopwatch _clock;
    private readonly Dictionary<int, ThreadRecord> _threads = [];

    /// <param name="hasPoints">Whether hooks are open by which busy threads migrate.</param>
    /// <param name="oldCode">The names of what <paramref name="outside"/> looks for, in the same order.</param>
    /// <param name="clock">Running since arming began.</param>
    public MigrationLoop(
        ILinux linux, Target target, OutsideMigration outside, IReadOnlyList<HeldCode> oldCode,
        TransitionState transition, bool hasPoints, Stopwatch clock)
    {
        _linux = linux;
        _target = target;
        _outside = outside;
        _oldCode = oldCode;
        _destination = transition.Destination;
        _leftGeneration = transition.ReversedTo != 0 ? transition.Generation : 0;
        _hasPoints = hasPoints;
        _clock = clock;
    }

    public IReadOnlyCollection<ThreadRecord> Threads => _threads.Values;

    /// <summary>Runs until all threads have migrated (true), the time is over or the caller cancels (false).</summary>
    public bool Run(TimeSpan timeout, Action<IReadOnlyCollection<ThreadRecord>> progress, CancellationToken cancel)
    {
        var end = _clock.Elapsed + timeout;
        var nextProgress = TimeSpan.Zero;
        bool first = true;
        while (true)
        {
            bool hasNew = Discover(first);
            first = false;
            ReadGenerations();
            if (!hasNew && _threads.Values.All(t => t.IsDone))
            {
                progress(Threads);
                return true;
            }
            VisitPending();
            if (_clock.Elapsed >= nextProgress)
            {
                progress(Threads);
                nextProgress = _clock.Elapsed + ProgressInterval;
            }
            if (_clock.Elapsed >= end || cancel.IsCancellationRequested)
            {
                return Finish();
            }
            Pause();
        }
    }

    // One more look: a thread may have arrived while the last one was visited.
    private bool Finish()
    {
        bool hasNew = Discover(false);
        ReadGenerations();
        foreach (var thread in _threads.Values.Where(t => !t.IsDone))
        {
            thread.Blocker ??= new Blocker("", -1, Address.Zero, _hasPoints ? "it has not come by a quiescence point" : "it could not be migrated yet");
        }
        return !hasNew && _threads.Values.All(t => t.IsDone);
    }

    private void Pause() => Thread.Sleep(_clock.ElapsedMilliseconds < 20 ? 0 : 1);

    /// <summary>Takes the list of threads anew; true where one was not known that is in an old generation. Those born in the new
    /// one do not matter: in a program that makes threads all the time there is always one more of them.</summary>
    private bool Discover(bool first)
    {
        var alive = _target.Proc.ReadThreads();
        if (alive.IsEmpty || _target.Memory.IsReplaced)
        {
            throw new TargetAccessException($"listing the threads of process {_target.Process}", Errno.NoSuchProcess);
        }
        bool any = false;
        foreach (int id in alive.Where(id => !_threads.ContainsKey(id)))
        {
            var thread = new ThreadRecord(id, _target.Proc.ReadThreadName(id) ?? "", ThreadControlBlock.Find(_linux, _target.Memory, id));
            new CallPermit(_target.Memory, thread.ControlBlock).ClearLeftOver(_target, thread.Id);
            thread.Path = first || !IsInDestination(thread) ? MigrationPath.Pending : MigrationPath.Born;
            thread.MigratedAt = thread.IsDone ? _clock.Elapsed : null;
            _threads.Add(id, thread);
            any |= !thread.IsDone;
        }
        var set = alive.ToHashSet();
        foreach (var gone in _threads.Values.Where(t => !t.IsDone && !set.Contains(t.Id)))
        {
            Complete(gone, MigrationPath.Exited);
        }
        return any;
    }

    private bool IsInDestination(ThreadRecord thread) => _outside.Generations.Read(thread.Id, thread.ControlBlock) == _destination;

    private void ReadGenerations()
    {
        var pending = _threads.Values.Where(t => !t.IsDone).ToArray();
        foreach (var thread in pending.Where(t => t.ControlBlock == Address.Zero))
        {
            thread.ControlBlock = ThreadControlBlock.Find(_linux, _target.Memory, thread.Id);
        }
        var generations = new uint[pending.Length];
        _outside.Generations.Read(pending, generations);
        for (int i = 0; i < pending.Length; i++)
        {
            if (generations[i] == _destination)
            {
                Complete(pending[i], pending[i].IsHooked ? MigrationPath.Return : MigrationPath.Point);
            }
        }
    }

    private void VisitPending()
    {
        foreach (var thread in _threads.Values.Where(t => !t.IsDone && t.NextVisit <= _clock.Elapsed).ToArray())
        {
            if (ShallVisit(thread, out var terms))
            {
                Visit(thread, terms);
            }
        }
    }

    private bool ShallVisit(ThreadRecord thread, out StopTerms terms)
    {
        terms = default;
        if (_target.Proc.ReadThreadState(thread.Id) is null or 'Z' or 'X')
        {
            Complete(thread, MigrationPath.Exited);
            return false;
        }
        if (_target.Proc.ReadActivity(thread.Id) is not { } activity)
        {
            return false;
        }
        var seen = thread.SeeBlocked(activity.IsBlocked ? activity.StackPointer : Address.Zero, _clock.Elapsed);
        if (_hasPoints && (!activity.IsBlocked || seen < IdleBeforeVisit))
        {
            return false;
        }
        terms = StopTerms.Of(_target, thread.Id, thread.ControlBlock, activity, _ => seen);
        if (terms.Obstacle is not { } obstacle)
        {
            return true;
        }
        if (activity.Number >= 0 && NeverLeft(thread))
        {
            Complete(thread, MigrationPath.Outside);
            return false;
        }
        thread.Blocker = BlockerText.Describe(in activity, obstacle);
        return false;
    }

    /// <summary>The transition was reversed, and the thread is not in the generation that is left: it runs the code of the destination
    /// already, and blocked in a system call that cannot be interrupted it is in no trampoline, except below a handler of a signal: so those that
    /// can be stopped are looked at. Its word may stay as it is: an old number means the version before.</summary>
    private bool NeverLeft(ThreadRecord thread) =>
        _leftGeneration != 0 && _outside.Generations.Read(thread.Id, thread.ControlBlock) is var generation
        && generation != IThreadGenerations.Unknown && generation != _leftGeneration;

    private void Visit(ThreadRecord thread, StopTerms terms)
    {
        // A thread that was in old code once may be out of it the next time; one that still is would be visited again and again.
        var visit = _outside.Visit(thread.Id, _destination, in terms, _target.StackTopOf(thread.Id, thread.ControlBlock), mayHook: thread.Visits > 0);
        thread.IsHooked = visit.IsHooked;
        thread.Visits++;
        switch (visit.Result)
        {
            case VisitResult.Migrated:
                Complete(thread, MigrationPath.Outside);
                return;
            case VisitResult.Ended:
                // A thread that is going away needs a moment to leave the list.
                break;
            default:
                thread.Blocker = BlockerText.Describe(visit, _oldCode, _outside.NoHooks);
                break;
        }
        // One with a hook comes by itself, unless it leaves its frames in another way than by returning.
        var longest = thread.IsHooked ? LongestPauseOfHooked : LongestPause;
        double pause = Math.Min(longest.TotalMilliseconds, Math.Pow(2, Math.Min(thread.Visits, 10)));
        thread.NextVisit = _clock.Elapsed + TimeSpan.FromMilliseconds(pause);
    }

    private void Complete(ThreadRecord thread, MigrationPath path)
    {
        thread.Path = path;
        thread.MigratedAt = _clock.Elapsed;
        thread.Blocker = null;
    }
}
