// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Migrations;

/// <summary>
/// Brings canaries into the new generation and nobody else. Each is stopped once, whether it is busy or not: where it can be
/// migrated, it is; where it cannot and points are armed, it gets a grant in the same stop, and migrates itself at its next point.
/// Threads that have done most work come first: a canary shall sing. Under the policy stack one that was named and is in old code gets a
/// return hook; with a number alone nobody does, since another thread may be out of old code sooner.
/// </summary>
public sealed class CanaryLoop
{
    /// <summary>After this time without coming by a point a thread that was any is given up for another one.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PauseOfHooked = TimeSpan.FromMilliseconds(500);

    private readonly Target _target;
    private readonly OutsideMigration _outside;
    private readonly IReadOnlyList<HeldCode> _oldCode;
    private readonly uint _destination;
    private readonly bool _hasPoints;
    private readonly CanaryChoice _choice;
    private readonly Stopwatch _clock;
    private readonly Dictionary<int, ThreadRecord> _threads = [];
    private readonly Dictionary<int, TimeSpan> _granted = [];

    /// <param name="oldCode">The names of what <paramref name="outside"/> looks for, in the same order.</param>
    /// <param name="hasPoints">Whether hooks are open by which threads with a grant migrate.</param>
    /// <param name="clock">Running since arming began.</param>
    public CanaryLoop(
        Target target, OutsideMigration outside, IReadOnlyList<HeldCode> oldCode, uint destination, bool hasPoints, CanaryChoice choice, Stopwatch clock)
    {
        _target = target;
        _outside = outside;
        _oldCode = oldCode;
        _destination = destination;
        _hasPoints = hasPoints;
        _choice = choice;
        _clock = clock;
    }

    /// <summary>All threads; those that are not to be canaries are Staying.</summary>
    public IReadOnlyCollection<ThreadRecord> Threads => _threads.Values;

    /// <summary>Runs until there are as many canaries as wanted (true), the time is over or the caller cancels (false).</summary>
    public bool Run(TimeSpan timeout, Action<IReadOnlyCollection<ThreadRecord>> progress, CancellationToken cancel)
    {
        var end = _clock.Elapsed + timeout;
        while (true)
        {
            Discover();
            ReadGenerations();
            bool isComplete = Missing() <= 0;
            if (!isComplete)
            {
                VisitCandidates();
            }
            progress([.. Threads.Where(t => t.Path != MigrationPath.Staying)]);
            if (isComplete || _clock.Elapsed >= end || cancel.IsCancellationRequested)
            {
                return isComplete || Finish();
            }
            Thread.Sleep(_clock.ElapsedMilliseconds < 20 ? 0 : 1);
        }
    }

    private bool IsNamed => !_choice.Threads.IsEmpty;

    private bool IsCanary(ThreadRecord thread) => thread.Path is MigrationPath.Point or MigrationPath.Outside or MigrationPath.Return or MigrationPath.Born;

    private int Missing() => IsNamed
        ? _choice.Threads.Count(id => !_threads[id].IsDone)
        : _choice.Count - _threads.Values.Count(IsCanary);

    private bool Finish()
    {
        Discover();
        ReadGenerations();
        foreach (var thread in _threads.Values.Where(t => t.Path == MigrationPath.Pending))
        {
            thread.Blocker ??= new Blocker("", -1, Address.Zero, _hasPoints ? "it has not come by a quiescence point" : "it could not be migrated yet");
        }
        return Missing() <= 0;
    }

    private void Discover()
    {
        var alive = _target.Proc.ReadThreads();
        if (alive.IsEmpty || _target.Memory.IsReplaced)
        {
            throw new TargetAccessException($"listing the threads of process {_target.Process}", Errno.NoSuchProcess);
        }
        bool isFirst = _threads.Count == 0;
        foreach (int id in alive.Concat(_choice.Threads).Where(id => !_threads.ContainsKey(id)))
        {
            var thread = new ThreadRecord(id, _target.Proc.ReadThreadName(id) ?? "", ThreadControlBlock.Find(_target.Linux, _target.Memory, id))
            {
                Path = _choice.Threads.Contains(id) ? MigrationPath.Pending : MigrationPath.Staying,
            };
            new CallPermit(_target.Memory, thread.ControlBlock).ClearLeftOver(_target, thread.Id);
            _threads.Add(id, thread);
            if (_hasPoints && HoldsUnusedGrant(thread))
            {
                thread.Path = MigrationPath.Pending;
                _granted[id] = _clock.Elapsed;
            }
        }
        if (isFirst)
        {
            FindHooked();
        }
        var set = alive.ToHashSet();
        foreach (var gone in _threads.Values.Where(t => !set.Contains(t.Id) && t.Path != MigrationPath.Exited))
        {
            Complete(gone, MigrationPath.Exited);
        }
    }

    // An earlier command named them: they will come.
    private void FindHooked()
    {
        var hooked = _outside.Hooks?.FindThreads(_destination, _threads.Values.Select(t => (t.Id, t.ControlBlock)), (_target.Process, _target.MainStack));
        foreach (int id in hooked ?? new HashSet<int>())
        {
            (_threads[id].Path, _threads[id].IsHooked) = (MigrationPath.Pending, true);
        }
    }

    // From an earlier command, or inherited: it will come.
    private bool HoldsUnusedGrant(ThreadRecord thread) =>
        Read(thread, ThreadWord.GrantOffset) == _destination && Read(thread, ThreadWord.Offset) != _destination;

    private uint? Read(ThreadRecord thread, int offset) =>
        thread.ControlBlock != Address.Zero && _target.Memory.TryReadUInt32(thread.ControlBlock + offset, out uint word) ? word : null;

    private void ReadGenerations()
    {
        foreach (var thread in _threads.Values.Where(t => t.Path is MigrationPath.Pending or MigrationPath.Staying))
        {
            if (thread.ControlBlock == Address.Zero)
            {
                thread.ControlBlock = ThreadControlBlock.Find(_target.Linux, _target.Memory, thread.Id);
            }
            if (_outside.Generations.Read(thread.Id, thread.ControlBlock) == _destination)
            {
                // Nobody chose it in this command: it inherits, or an earlier command chose it.
                Complete(thread, thread.IsHooked ? MigrationPath.Return : thread.Path == MigrationPath.Pending ? MigrationPath.Point : MigrationPath.Born);
            }
        }
    }

    private void VisitCandidates()
    {
        if (!IsNamed)
        {
            WithdrawFromTheLate();
        }
        // Any thread that is not done may be the next; those that have a grant already count as if they had come.
        var candidates = IsNamed
            ? _choice.Threads.Select(id => _threads[id]).Where(t => t.Path == MigrationPath.Pending)
            : _threads.Values.Where(t => t.Path is MigrationPath.Staying or MigrationPath.Pending).OrderByDescending(t => _target.Proc.ReadRunTime(t.Id) ?? 0);
        foreach (var thread in candidates.ToList())
        {
            if (!IsNamed && !thread.IsHooked && Missing() <= _granted.Count + _threads.Values.Count(t => t is { IsHooked: true, IsDone: false }))
            {
                continue;
            }
            if (!_granted.ContainsKey(thread.Id) && thread.NextVisit <= _clock.Elapsed && MayStop(thread, out var terms))
            {
                Visit(thread, terms);
            }
        }
    }

    private void Visit(ThreadRecord thread, StopTerms terms)
    {
        var visit = _hasPoints
            ? _outside.Grant(thread.Id, _destination, in terms)
            : _outside.Visit(
                thread.Id, _destination, in terms, _target.StackTopOf(thread.Id, thread.ControlBlock),
                mayHook: thread.IsHooked || (IsNamed && thread.Visits > 0));
        thread.Visits++;
        thread.IsHooked = visit.IsHooked;
        double pause = Math.Min((thread.IsHooked ? PauseOfHooked : LongestPause).TotalMilliseconds, Math.Pow(2, Math.Min(thread.Visits, 10)));
        thread.NextVisit = _clock.Elapsed + TimeSpan.FromMilliseconds(pause);
        if (visit.Result == VisitResult.Migrated)
        {
            Complete(thread, MigrationPath.Outside);
            return;
        }
        // Whatever else came of it: it will come.
        if (visit.IsGranted)
        {
            thread.Path = MigrationPath.Pending;
            _granted[thread.Id] = _clock.Elapsed;
        }
        thread.Blocker = visit.Result == VisitResult.Ended ? null : BlockerText.Describe(visit, _oldCode, IsNamed ? _outside.NoHooks : "");
    }

    // Only where another one may come in its place.
    private void WithdrawFromTheLate()
    {
        foreach (var (id, since) in _granted.Where(g => _clock.Elapsed - g.Value > Patience && _threads[g.Key].Path == MigrationPath.Pending).ToList())
        {
            var thread = _threads[id];
            if (!_threads.Values.Any(t => t.Path == MigrationPath.Staying && t.Visits == 0) || !MayStop(thread, out var terms))
            {
                continue;
            }
            if (_outside.Withdraw(id, _destination, in terms).Result == VisitResult.Busy)
            {
                _granted.Remove(id);
                thread.Path = MigrationPath.Staying;
                thread.NextVisit = _clock.Elapsed + (10 * Patience);
            }
        }
    }

    private bool MayStop(ThreadRecord thread, out StopTerms terms)
    {
        terms = _target.Proc.ReadThreadState(thread.Id) is null or 'Z' or 'X'
            ? default
            : StopTerms.Read(_target, thread.Id, thread.ControlBlock, place => thread.SeeBlocked(place, _clock.Elapsed));
        if (terms.Activity is not { } activity)
        {
            Complete(thread, MigrationPath.Exited);
            return false;
        }
        if (terms.Obstacle is { } obstacle)
        {
            thread.Blocker = BlockerText.Describe(in activity, obstacle);
        }
        return terms.MayStop;
    }

    private void Complete(ThreadRecord thread, MigrationPath path)
    {
        thread.Path = path;
        thread.MigratedAt = _clock.Elapsed;
        thread.Blocker = null;
        _granted.Remove(thread.Id);
    }
}
