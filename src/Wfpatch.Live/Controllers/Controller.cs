// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Backends;
using Wfpatch.Live.Backends.AddressSpace;
using Wfpatch.Live.Backends.Dispatch;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Obstacles;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Controllers;

/// <summary>
/// One command on one target: check, apply, revert, or going on with what an earlier controller left. All of it runs on the
/// calling thread, which is the tracer; see <see cref="TracerThread"/>.
/// </summary>
public sealed class Controller
{
    private readonly Target _target;
    private readonly StopLog _stops = new();
    private readonly JournaledTarget _journaled;
    private readonly DispatchBackend _dispatch;
    private readonly AddressSpaceBackend _addressSpace;
    private readonly TransitionReports _reports;
    private string _lost = "";

    public Controller(Target target)
    {
        _target = target;
        _journaled = new JournaledTarget(target, _stops);
        _dispatch = new DispatchBackend(_journaled);
        _addressSpace = new AddressSpaceBackend(_journaled);
        _reports = new TransitionReports(target, _stops);
    }

    private TargetState State => _journaled.State;

    private Refusal? OpenJournal(TransitionOptions options) =>
        _journaled.TryOpenJournal() ?? BackendChoice.FindForeign(_target, State) ?? BackendChoice.FindFork(_target, State) ?? BackendChoice.FindOther(_target, State, options);

    /// <summary>The one by which what is in force, and the open transition, was made.</summary>
    private IBackend Backend => State.Backend == BackendKind.AddressSpace ? _addressSpace : _dispatch;

    /// <summary>Everything short of writing.</summary>
    public (TransitionReport Report, BackendPlan? Plan) Check(Patch patch, TransitionOptions options)
    {
        var (plan, choice, report) = PlanApply(patch, options);
        return plan is null
            ? (report!, null)
            : (_reports.Describe(plan.Open, Outcome.Done, $"{patch.Name} can be applied to process {_target.Process}; nothing was written.") with
            {
                Policy = choice!.Name,
                BytesAdded = plan.BytesAdded,
            }, plan);
    }

    public TransitionReport Apply(Patch patch, TransitionOptions options)
    {
        _target.OpenForWriting();
        return WithFreePlaces(() => ApplyOnce(patch, options));
    }

    /// <summary>The program maps memory as well, and may take a place between our look and our mapping: then another one is chosen.</summary>
    private static TransitionReport WithFreePlaces(Func<TransitionReport> run)
    {
        const int MostTries = 5;
        var report = run();
        for (int i = 1; i < MostTries && report.Refusals is [{ } only] && only.Kind == TargetRefusals.PlaceTaken; i++)
        {
            report = run();
        }
        return report;
    }

    private TransitionReport ApplyOnce(Patch patch, TransitionOptions options)
    {
        var (plan, _, report) = PlanApply(patch, options);
        if (plan is null && options.WhenLoaded && WaitingApply.IsNotLoaded(report!))
        {
            return new WaitingApply(_target, _journaled).Run(patch, options, left => Apply(patch, options with { Timeout = left, WhenLoaded = false }));
        }
        if (plan is null)
        {
            return IsOwnOpenTransition(patch) ? ContinueApply(options) : report!;
        }
        return _journaled.Prepare(plan) is { } refusal
            ? TransitionReport.Refused([refusal])
            : Continue(options) with { BytesAdded = plan.BytesAdded };
    }

    /// <summary>Brings whatever transition is open to its end; a canary lets the rest follow.</summary>
    public TransitionReport Advance(TransitionOptions options)
    {
        _target.OpenForWriting();
        if (OpenJournal(options) is { } unknown)
        {
            return TransitionReport.Refused([unknown]);
        }
        return State.Transition is null
            ? TransitionReport.Refused([TransitionRefusals.NothingOpen.About($"process {_target.Process}", $"No transition is open in process {_target.Process}; see wfpatch status.")])
            : Continue(options with { Canary = null });
    }

    /// <summary>The same patch again: more canaries, or everybody.</summary>
    private TransitionReport ContinueApply(TransitionOptions options)
    {
        var open = State.Transition!;
        string name = State.Images[open.Image].PatchName;
        Refusal? refusal = ConsistencyCheck.FindObstacle(name, open, options) is { } other ? other
            : options.Replaces && !open.Replaces ? TransitionRefusals.OtherReplacing.About(name, $"The transition of {name} is open already, and leaves the other patches in force; go on without --replace, or take it back with revert.")
            : options.Canary is not { } canary ? null
            : open.Canaries == 0 || open.Phase == TransitionPhase.Settling
                ? TransitionRefusals.OpenForAll.About(name, $"The transition of {name} in process {_target.Process} is open for all threads already.")
                : CanaryCheck.FindObstacle(_target, canary);
        return refusal is null ? Continue(options) : TransitionReport.Refused([refusal]);
    }

    /// <param name="id">The patch to take back, by id or name; null: the last one.</param>
    public TransitionReport Revert(string? id, TransitionOptions options)
    {
        _target.OpenForWriting();
        if (OpenJournal(options) is { } unknown)
        {
            return TransitionReport.Refused([unknown]);
        }
        if (State.Transition is { } open)
        {
            return RevertOpen(open, id, options);
        }
        if (FindApplied(id) is not { } applied)
        {
            if (WaitingApply.Find(State, id) is { } waiting)
            {
                return new WaitingApply(_target, _journaled).Forget(waiting);
            }

            string name = id ?? "a patch";
            return TransitionReport.Refused([TransitionRefusals.NotApplied.About(name, $"{(id is null ? "No patch" : id)} is in force in process {_target.Process}; see wfpatch status.")]);
        }
        return ConsistencyCheck.FindObstacle(State.Images[applied.Image].PatchName, applied, options) is { } other
            ? TransitionReport.Refused([other])
            : Start(applied, options);
    }

    private TransitionReport Start(AppliedPatch applied, TransitionOptions options) => WithFreePlaces(() => StartOnce(applied, options));

    private TransitionReport StartOnce(AppliedPatch applied, TransitionOptions options)
    {
        var state = State;
        var parts = state.PartsOf(applied);
        var image = state.Images[applied.Image];
        if (FindAbove(state, parts).ToList() is { Count: > 0 } above)
        {
            return TransitionReport.Refused(above);
        }
        var (choice, refusal) = MakeChoice(options, state.Backend, [.. parts.SelectMany(p => state.Images[p.Image].Functions).Select(f => f.Name)], [], state);
        var obstacles = new ProcessObstacles(_target, _stops).Find().Concat(refusal is null ? [] : [refusal]).ToList();
        if (obstacles.Count > 0)
        {
            return TransitionReport.Refused(obstacles);
        }
        var (plan, refusals) = new TransitionPlanner(_target, state).PlanRevert([.. parts.Select(p => p.Image)], choice!.Profile, new TransitionWay(choice.Name, Consistency: options.Consistency ?? applied.Consistency) { Backend = state.Backend });
        if (plan is null && WithoutPoints(options, choice, refusals) is { } others)
        {
            return StartOnce(applied, others);
        }
        if (plan is null || CallbackTurn.FindObstacles(plan.Open).Concat(new ResourceObstacles(_target, plan).Find()).ToList() is { Count: > 0 } lacking && (refusals = [.. lacking]).Length > 0)
        {
            return TransitionReport.Refused(refusals);
        }
        return _journaled.Prepare(plan) is { } failed ? TransitionReport.Refused([failed]) : Continue(options);
    }

    /// <summary>What keeps a patch where it is: patches above it.</summary>
    private IEnumerable<Refusal> FindAbove(TargetState state, ImmutableArray<AppliedPatch> parts)
    {
        string name = state.Images[parts[0].Image].PatchName;
        if (parts.Select(p => FindLater(state, p)).FirstOrDefault(l => l is not null) is { } later)
        {
            yield return TransitionRefusals.LaterPatch.About(name, $"{later.PatchName} was applied later and replaces a function of {name}; revert it first.");
        }
        if (Dependencies.FindDependents(state, parts) is { IsEmpty: false } dependents)
        {
            string all = string.Join(" and ", dependents);
            yield return TransitionRefusals.RequiredByOther.About(name, $"{all} in process {_target.Process} {(dependents.Length == 1 ? "needs" : "need")} {name}; revert {all} first.");
        }
    }

    /// <summary>The image that was applied later and replaces a function of this one, or null.</summary>
    private static ImageState? FindLater(TargetState state, AppliedPatch applied) =>
        state.Applied.SkipWhile(a => a != applied).Skip(1).Select(a => state.Images[a.Image])
            .FirstOrDefault(i => i.Functions.Any(f => state.Images[applied.Image].Functions.Any(g => g.Entry == f.Entry)));

    private TransitionReport RevertOpen(TransitionState open, string? id, TransitionOptions options)
    {
        var image = State.Images[open.Image];
        if (id is not null && id != image.PatchId && id != image.PatchName)
        {
            return TransitionReport.Refused([OpenRefusal(image)]);
        }
        if (ConsistencyCheck.FindObstacle(image.PatchName, open, options with { Canary = null }) is { } other)
        {
            return TransitionReport.Refused([other]);
        }
        if (open is { Kind: TransitionKind.Revert, Phase: TransitionPhase.Cancelling })
        {
            // Threads were never all outside at once; this is the next try.
            Backend.Cancel();
            return Revert(id, options);
        }
        if (open.Kind == TransitionKind.Apply && open.ReversedTo == 0)
        {
            switch (open.Phase)
            {
                case TransitionPhase.Migrating when open.IsGlobal && !Backend.HasMovedAll:
                    return Cancel(image);
                case TransitionPhase.Migrating when open.IsGlobal:
                    Backend.Settle();
                    return Start(State.Applied[^1], options);
                case TransitionPhase.Preparing or TransitionPhase.Arming or TransitionPhase.Cancelling:
                    return Cancel(image);
                case TransitionPhase.CallingFirst:
                    if (WithdrawFirst(image, options) is { } cancelled)
                    {
                        return cancelled;
                    }
                    break;
                case TransitionPhase.CallingLast when Calls.Withdraw(options) is { } running:
                    return _reports.ReportCalls(State, running);
                case TransitionPhase.Migrating:
                    Backend.Reverse();
                    break;
                default:
                    Backend.Settle();
                    return Start(State.Applied[^1], options);
            }
        }
        return Continue(options);
    }

    private TransitionReport Cancel(ImageState image)
    {
        var state = State;
        Backend.Cancel();
        return _reports.Describe(state, Outcome.Done, $"{image.PatchName} was taken back in process {_target.Process} before any thread had migrated.") with { Kind = TransitionKind.Revert, Generation = State.Generation };
    }

    /// <summary>The transition waits for what comes first. Null: that has been called, and threads must go the way back.</summary>
    private TransitionReport? WithdrawFirst(ImageState image, TransitionOptions options)
    {
        if (Calls.Withdraw(options) is { } running)
        {
            return _reports.ReportCalls(State, running);
        }
        if (Requests.Status is not { Progress: CallProgress.Done, Result: 0 })
        {
            return Cancel(image);
        }
        CallbackRequests.BeginMigrating(_journaled);
        Backend.Reverse();
        return null;
    }

    /// <summary>Has the callbacks of the phase called. Null: they were.</summary>
    private TransitionReport? Call(TransitionOptions options)
    {
        var open = State;
        if (Calls.Run(options) is { } waiting)
        {
            if (waiting.IsLost && open.Transition!.IsBack)
            {
                // What it was to undo or to end will not be; the patch goes all the same.
                _lost = $" {waiting.Sentence}";
                return null;
            }
            return waiting.IsLost
                ? _reports.Describe(open, Outcome.Refused, waiting.Sentence) with { Refusals = [TransitionRefusals.CallbackLost.About(open.Images[open.Transition!.Image].PatchName, waiting.Sentence)] }
                : _reports.ReportCalls(open, waiting);
        }
        if (open.Transition!.Phase == TransitionPhase.CallingFirst && Requests.Status.Result is var result and not 0)
        {
            Backend.Cancel();
            return _reports.ReportCallRefused(open, result);
        }
        return null;
    }

    private CallbackRequests Requests => new(_journaled, Backend);

    private CallbackTurn Calls => new(_target, _journaled, Requests);

    private ProcessStop StopAll() => new(_target, _target.CreateUnwinder(State, ReturnHookTable.Read(_target.Memory, State.ReturnHooks)), _stops);

    private TransitionReport Refuse(ImageState image, Refusal why)
    {
        Backend.Cancel();
        return TransitionReport.Refused([why]) with
        {
            PatchId = image.PatchId,
            PatchName = image.PatchName,
            Stops = _stops.Count,
            LongestStop = _stops.Longest,
            LongestHeld = _stops.LongestHeld,
            Held = _stops.Held,
        };
    }

    /// <summary>Brings the open transition to its end, from whatever phase it is in.</summary>
    private TransitionReport Continue(TransitionOptions options)
    {
        var state = State;
        if (state.Transition!.Phase == TransitionPhase.Cancelling)
        {
            return Cancel(state.Images[state.Transition.Image]);
        }
        // Reading all unwind tables takes longer than the transition: before it begins.
        var migration = CreateMigration(state);
        _journaled.OpenGuards();
        if (state.Transition.Phase <= TransitionPhase.Arming && Backend.MakeRoom(StopAll) is { } noRoom)
        {
            return Refuse(state.Images[state.Transition.Image], noRoom);
        }
        var clock = Stopwatch.StartNew();
        var armTime = TimeSpan.Zero;
        if (state.Transition.Phase <= TransitionPhase.Arming)
        {
            if (Backend.Arm() is { } refused)
            {
                return Refuse(state.Images[state.Transition.Image], refused);
            }
            armTime = clock.Elapsed;
        }
        if (state.Transition.IsGlobal)
        {
            return MoveAll(migration, options, clock) with { ArmTime = armTime, TransitionTime = clock.Elapsed };
        }
        if (State.Transition!.Phase == TransitionPhase.CallingFirst)
        {
            if (Call(options) is { } waiting)
            {
                return waiting with { ArmTime = armTime, TransitionTime = clock.Elapsed };
            }
            CallbackRequests.BeginMigrating(_journaled);
        }
        IReadOnlyCollection<ThreadRecord> threads = [];
        bool complete = true;
        if (State.Transition!.Phase == TransitionPhase.Migrating)
        {
            AdmitMore(options.Canary);
            (complete, threads) = State.Transition.Canaries > 0 ? MigrateCanaries(migration, options, clock) : Migrate(migration, options, clock);
        }
        var open = State;
        if (complete && open.Transition!.Canaries > 0)
        {
            return _reports.ReportCanaries(open, threads) with { ArmTime = armTime, TransitionTime = clock.Elapsed };
        }
        if (complete && open.Transition!.Phase == TransitionPhase.Migrating && !Transitions.CallsOf(open, TransitionPhase.CallingLast).IsEmpty)
        {
            CallbackRequests.Begin(_journaled, TransitionPhase.CallingLast);
        }
        if (State.Transition!.Phase == TransitionPhase.CallingLast && Call(options) is { } last)
        {
            return last with { ArmTime = armTime, TransitionTime = clock.Elapsed };
        }
        if (complete)
        {
            Backend.Settle();
        }
        var report = _reports.Report(open, complete, threads);
        return report with { Message = report.Message + _lost, ArmTime = armTime, TransitionTime = clock.Elapsed };
    }

    /// <summary>All threads in one instant, or none.</summary>
    private TransitionReport MoveAll(OutsideMigration migration, TransitionOptions options, Stopwatch clock)
    {
        var open = State;
        if (open.Transition!.Phase == TransitionPhase.Settling || Backend.HasMovedAll)
        {
            // Whoever wrote it was killed behind that.
            Backend.Settle();
            return _reports.Report(open, complete: true, []) with { Threads = _reports.SettledThreads(State) };
        }
        var gathering = new Gathering(_target, migration, OldCode(open), Backend.GlobalMove, options.MaxWait, _stops, clock);
        bool complete = gathering.Run(options.Timeout, options.Progress, options.Cancel);
        if (complete)
        {
            Backend.Settle();
        }
        else
        {
            Backend.Cancel();
        }
        return complete
            ? _reports.Report(open, complete: true, gathering.Threads) with { Attempts = gathering.Attempts }
            : _reports.ReportNotGathered(open, gathering, clock.Elapsed);
    }

    private (bool Complete, IReadOnlyCollection<ThreadRecord> Threads) Migrate(OutsideMigration migration, TransitionOptions options, Stopwatch clock)
    {
        var state = State;
        Backend.Open();
        bool hasPoints = state.Hooks.Any(h => h.IsArmed && h.Kind == HookKind.Point);
        var loop = new MigrationLoop(_target.Linux, _target, migration, OldCode(state), state.Transition!, hasPoints, clock);
        bool complete = loop.Run(options.Timeout, options.Progress, options.Cancel);
        return (complete, loop.Threads);
    }

    // Before the hooks are opened: what is journaled says how wide.
    private void AdmitMore(CanaryChoice? canary)
    {
        int now = State.Transition!.Canaries;
        int wanted = canary is null ? 0 : Math.Max(now, canary.Count);
        if (now != 0 && wanted != now)
        {
            _journaled.Admit(wanted);
        }
    }

    private (bool Complete, IReadOnlyCollection<ThreadRecord> Threads) MigrateCanaries(OutsideMigration migration, TransitionOptions options, Stopwatch clock)
    {
        var state = State;
        Backend.Open();
        // Into a view a canary is brought from outside: a grant is a number, which in a view nobody asks for.
        bool hasPoints = state.Backend == BackendKind.Dispatch && state.Hooks.Any(h => h.IsArmed && h.Kind == HookKind.Point);
        var loop = new CanaryLoop(_target, migration, OldCode(state), state.Transition!.Destination, hasPoints, options.Canary!, clock);
        bool complete = loop.Run(options.Timeout, options.Progress, options.Cancel);
        return (complete, loop.Threads);
    }

    private OutsideMigration CreateMigration(TargetState state)
    {
        var table = ReturnHookTable.Read(_target.Memory, state.ReturnHooks);
        // A return hook stores a number, which in a view nobody asks for.
        var (hooks, obstacle) = state.Backend == BackendKind.AddressSpace ? (null, "") : ReturnHooks.For(_target, state, table);
        return new(
            _target.Linux, _target.Memory, _target.CreateUnwinder(state, table),
            OldCode(state).Select(o => o.Range), Trampolines(state).Select(t => t.Range),
            state.Transition!.ReversedTo != 0 ? state.Transition.Generation : 0, _stops)
        {
            Generations = Backend.Threads,
            Requests = ExplicitPoints.FramesOf(_target, state),
            Hooks = hooks,
            NoHooks = obstacle,
        };
    }

    private static List<HeldCode> OldCode(TargetState state) => [.. HeldCode.Of(state), .. Trampolines(state)];

    private static IEnumerable<HeldCode> Trampolines(TargetState state) => state.Redirects
        .Select(r => (r.Name, r.Plan)).Concat(state.Hooks.Select(h => (h.Name, h.Plan))).Concat(state.Unwinders.Select(u => (Name: u.ObjectName, u.Plan)))
        .SelectMany(t => t.Plan.All.Select(p => new HeldCode(t.Name, p.TrampolineRange, "at its entry")));

    private (BackendPlan? Plan, PolicyChoice? Choice, TransitionReport? Report) PlanApply(Patch patch, TransitionOptions options)
    {
        if (OpenJournal(options) is { } unknown)
        {
            return (null, null, TransitionReport.Refused([unknown]));
        }
        var state = State;
        if (state.Transition is { } open)
        {
            return (null, null, TransitionReport.Refused([OpenRefusal(state.Images[open.Image])]));
        }
        bool replaces = patch.Replaces || options.Replaces;
        if (state.FindInForce(patch.Id) is { } there && (!replaces || state.IsAlone(patch.Id)))
        {
            var done = new TransitionReport(Outcome.Done, $"{patch.Name} is already in force in process {_target.Process} (generation {there.Generation}).");
            return (null, null, done with { PatchId = patch.Id, PatchName = patch.Name, Generation = state.Generation, Threads = _reports.SettledThreads(state) });
        }
        if (Dependencies.FindObstacles(patch, replaces, state, $"process {_target.Process}").ToList() is { Count: > 0 } needed)
        {
            // What else is against it is so because of that: it was built on what is not there.
            return (null, null, TransitionReport.Refused(needed) with { PatchId = patch.Id, PatchName = patch.Name });
        }
        ImmutableArray<AppliedPatch> replaced = replaces ? state.Applied : [];
        ImmutableArray<string> changed =
        [
            .. patch.Objects.SelectMany(o => o.OldFunctions).Where(f => f.Role == OldFunctionRole.Replaced).Select(f => f.Name),
            .. replaced.SelectMany(a => state.Images[a.Image].Functions).Select(f => f.Name),
        ];
        var consistency = ConsistencyCheck.Of(patch, replaced, options);
        var (backend, noBackend) = BackendChoice.Make(_target, state, options);
        if (noBackend is not null)
        {
            return (null, null, TransitionReport.Refused([noBackend]) with { PatchId = patch.Id, PatchName = patch.Name });
        }
        var (choice, refusal) = MakeChoice(options, backend, changed, patch.Objects, state);
        var noCanary = options.Canary is { } canary ? CanaryCheck.FindObstacle(_target, canary) : null;
        var obstacles = new ProcessObstacles(_target, _stops).Find().Concat(refusal is null ? [] : [refusal]).Concat(noCanary is null ? [] : [noCanary]).Concat(FindForeignWord(state))
            .Concat(ConsistencyCheck.FindObstacle(patch, replaced, options) is { } other ? [other] : []).ToList();
        if (_target.Objects.IsEmpty)
        {
            return (null, null, TransitionReport.Refused(obstacles));
        }
        var way = new TransitionWay(choice?.Name ?? "", options.Canary?.Count ?? 0, consistency, replaces) { Backend = backend };
        var (plan, refusals) = new TransitionPlanner(_target, state).PlanApply(patch, choice?.Profile, way);
        if (plan is null && WithoutPoints(options, choice, refusals) is { } others)
        {
            return PlanApply(patch, others);
        }
        if (plan is not null)
        {
            obstacles.AddRange(CallbackTurn.FindObstacles(plan.Open));
            obstacles.AddRange(new ResourceObstacles(_target, plan).Find());
        }
        return obstacles.Count > 0 || plan is null
            ? (null, null, TransitionReport.Refused(obstacles.Concat(refusals)) with { PatchId = patch.Id, PatchName = patch.Name })
            : (plan, choice, null);
    }

    private (PolicyChoice? Choice, Refusal? Refusal) MakeChoice(TransitionOptions options, BackendKind backend, ImmutableArray<string> changed, ImmutableArray<ObjectPatch> parts, TargetState state)
    {
        var made = PolicyChoice.Make(options.Policy, WithoutAbsent(options.Profile), changed, parts, KnownPoints(state), options.UseAnnounced ? ExplicitPoints.Find(_target) : ExplicitPoints.None);
        if (backend == BackendKind.AddressSpace && made.Choice?.Profile is not null && BackendChoice.FindFilter(_target) is { } filtered)
        {
            return options.Policy == Policy.Auto ? MakeChoice(options with { Policy = Policy.Stack }, backend, changed, parts, state) : (null, filtered);
        }
        return made.Choice?.Name == PolicyChoice.StackName && Coroutines.Find(_target) is var (name, maker)
            ? (made.Choice, TransitionRefusals.SuspendedStacks.About(name, $"{name} uses {maker} in process {_target.Process}: the stacks of its coroutines may hold functions that change, and the policy stack cannot see those that are suspended."))
            : made;
    }

    private Profile? WithoutAbsent(Profile? profile) =>
        profile is null ? null : profile with { Points = [.. profile.Points.Where(p => !p.IsOptional || HookPlanner.FindExported(_target, p) is not null)] };

    // The policy auto does without points that do not serve for this patch, or not with views.
    private static TransitionOptions? WithoutPoints(TransitionOptions options, PolicyChoice? choice, ImmutableArray<Refusal> refusals) =>
        options.Policy != Policy.Auto || refusals.IsEmpty ? null
        : options.UseAnnounced && choice?.Name == PolicyChoice.ExplicitName && refusals.All(r => r.Kind == TransitionRefusals.BelowPoint || r.Kind == TransitionRefusals.BadExplicitPoint) ? options with { UseAnnounced = false }
        : choice?.Profile is not null && refusals.All(r => r.Kind == TransitionRefusals.NotWithViews) ? options with { Policy = Policy.Stack }
        : null;

    private IEnumerable<Refusal> FindForeignWord(TargetState state)
    {
        // Whoever was here before us, and be it without effect, has asked already; what stands there now is ours.
        if (state.LastGeneration != 0 || !state.Regions.IsEmpty)
        {
            yield break;
        }
        foreach (int thread in _target.Proc.ReadThreads())
        {
            var block = ThreadControlBlock.Find(_target.Linux, _target.Memory, thread);
            if (block != Address.Zero && _target.Memory.TryReadUInt64(block + Core.Redirects.Trampolines.ThreadWord.Offset, out ulong words)
                && _target.Memory.TryReadUInt32(block + Core.Redirects.Trampolines.ThreadWord.GrantOffset, out uint grant) && (words | grant) != 0)
            {
                yield return TargetRefusals.WordInUse.About($"thread {thread}", $"The spare words of thread {thread}'s control block hold {words:x} {grant:x}: something else uses it.");
                yield break;
            }
        }
    }

    private bool IsOwnOpenTransition(Patch patch) =>
        State is { Transition: { Kind: TransitionKind.Apply, ReversedTo: 0, Phase: not TransitionPhase.Cancelling } open } state
        && state.Images[open.Image].PatchId == patch.Id;

    private Refusal OpenRefusal(ImageState image) => TransitionRefusals.TransitionOpen.About(
        image.PatchName, $"The transition of {image.PatchName} is not finished in process {_target.Process}: finish it with apply of {image.PatchName}, or take it back with revert.");

    private AppliedPatch? FindApplied(string? id)
    {
        var state = State;
        return id is null
            ? state.Applied.LastOrDefault()
            : state.Applied.LastOrDefault(a => state.Images[a.Image].PatchId == id || state.Images[a.Image].PatchName == id);
    }

    private static ImmutableArray<string> KnownPoints(TargetState state) =>
        [.. state.Hooks.Where(h => h.Kind == HookKind.Point).Select(h => h.Name)];
}
