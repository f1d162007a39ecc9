// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Testing.Simulation;

/// <summary>One command on the simulated target, as Wfpatch.Live's Controller and MigrationLoop carry it out: a sequence of steps,
/// after each of which it may be killed.</summary>
/// <param name="rounds">How often it looks at the threads before it gives up waiting; the transition stays open then.</param>
public sealed class SimulatedController(
    SimulatedBackend backend, IReadOnlyList<SimulatedThread> threads, SimulationOptions options, int rounds, Random random)
{
    /// <summary>Enough for all threads to get out of what they are in.</summary>
    private const int PatientLooks = 5_000;

    /// <param name="canaries">Not 0: for so many threads alone.</param>
    /// <param name="replaces">All that are in force go with it.</param>
    public IEnumerable<CodeWrite> Apply(int patch, int canaries = 0, Consistency consistency = Consistency.Local, bool replaces = false)
    {
        var state = backend.State;
        if (state.Transition is { } open)
        {
            bool isOwn = open is { Kind: TransitionKind.Apply, ReversedTo: 0, Phase: not TransitionPhase.Cancelling } && open.Image == backend.FindImage(patch);
            return isOwn && (canaries == 0 || open.Canaries > 0 || open.IsGlobal) ? Continue(canaries) : [];
        }
        int image = backend.FindImage(patch);
        bool isThere = state.Applied.Any(a => a.Image == image) && (!replaces || state.Applied.All(a => a.Image == image));
        var way = replaces && state.Applied.Any(a => a.Consistency == Consistency.Global) ? Consistency.Global : consistency;
        // A global one has no canaries.
        int some = way == Consistency.Global ? 0 : canaries;
        return isThere ? [] : backend.Prepare(TransitionKind.Apply, patch, options.Points, some, way, replaces).Concat(Lazily(() => Continue(some)));
    }

    /// <summary>Takes back the open transition, or one of the patches in force.</summary>
    public IEnumerable<CodeWrite> Revert(int patch)
    {
        if (backend.State.Transition is { } open)
        {
            return RevertOpen(open);
        }
        int image = backend.FindImage(patch);
        var state = backend.State;
        var later = state.Applied.SkipWhile(a => a.Image != image).Skip(1).SelectMany(a => state.Images[a.Image].Functions);
        bool isFree = state.Applied.Any(a => a.Image == image) && !later.Any(f => state.Images[image].Functions.Any(g => g.Entry == f.Entry));
        return isFree ? backend.Prepare(TransitionKind.Revert, patch, options.Points, 0, state.Applied.Last(a => a.Image == image).Consistency).Concat(Lazily(() => Continue(0))) : [];
    }

    private IEnumerable<CodeWrite> RevertOpen(TransitionState open)
    {
        if (open.Kind != TransitionKind.Apply || open.ReversedTo != 0)
        {
            return Continue(0);
        }
        return open.Phase switch
        {
            TransitionPhase.Preparing or TransitionPhase.Arming or TransitionPhase.Cancelling => backend.Cancel(),
            TransitionPhase.Migrating when open.IsGlobal => backend.IsFlipped ? backend.Settle() : backend.Cancel(),
            TransitionPhase.Migrating => backend.Reverse().Concat(Lazily(() => Continue(0))),
            _ => backend.Settle(),
        };
    }

    private IEnumerable<CodeWrite> Continue(int canaries)
    {
        var phase = backend.State.Transition!.Phase;
        if (phase == TransitionPhase.Cancelling)
        {
            return backend.Cancel();
        }
        var arm = phase <= TransitionPhase.Arming ? Arm() : [];
        if (backend.State.Transition.IsGlobal)
        {
            return arm.Concat(Lazily(() => backend.State.Transition!.Phase == TransitionPhase.Settling || backend.IsFlipped ? backend.Settle() : Gather()));
        }
        return arm.Concat(Lazily(() => backend.State.Transition!.Phase == TransitionPhase.Migrating
            ? AdmitMore(canaries).Concat(Lazily(() => backend.State.Transition!.Canaries > 0
                ? backend.OpenHooks().Concat(MigrateCanaries())
                : backend.RewriteHooks().Concat(Lazily(backend.OpenHooks)).Concat(Migrate())))
            : backend.Settle()));
    }

    /// <summary>As Gathering: who is outside is held, one after another, and whoever stays away too long lets all go on. A thread that is held takes no step;
    /// whoever kills the controller lets it go.</summary>
    private IEnumerable<CodeWrite> Gather()
    {
        for (int round = 0; round < rounds; round++)
        {
            for (int look = rounds == int.MaxValue ? PatientLooks : random.Next(4, 40); look > 0; look--)
            {
                var away = threads.Where(t => !t.HasEnded && !t.IsHeld).ToList();
                if (away.Count <= (options.Mistake == SimulatedMistake.FlipsEarly ? 1 : 0))
                {
                    yield return backend.Flip();
                    LetGo();
                    foreach (var store in backend.Settle())
                    {
                        yield return store;
                    }
                    yield break;
                }
                var thread = away[random.Next(away.Count)];
                thread.IsHeld = IsOutside(thread);
                yield return default;
            }
            LetGo();
            yield return default;
        }
        foreach (var store in random.Next(2) == 0 ? backend.Cancel() : [])
        {
            yield return store;
        }
    }

    private void LetGo()
    {
        foreach (var thread in threads)
        {
            thread.IsHeld = false;
        }
    }

    private IEnumerable<CodeWrite> AdmitMore(int canaries)
    {
        int now = backend.State.Transition!.Canaries;
        int wanted = canaries == 0 ? 0 : Math.Max(now, canaries);
        return now != 0 && wanted != now ? backend.Admit(wanted) : [];
    }

    /// <summary>As CanaryLoop: one visit makes a canary, or grants it to be one; who is late may be given up for another one.</summary>
    private IEnumerable<CodeWrite> MigrateCanaries()
    {
        uint destination = backend.State.Transition!.Destination;
        int wanted = backend.State.Transition.Canaries;
        for (int round = 0; round < rounds && threads.Count(t => !t.HasEnded && t.Word == destination) < wanted; round++)
        {
            var alive = threads.Where(t => !t.HasEnded).ToList();
            var thread = alive[random.Next(alive.Count)];
            bool isGranted = options.Points && thread.Grant == destination;
            if (isGranted && thread.Word != destination && random.Next(4) == 0)
            {
                Withdraw(thread);
            }
            else if (thread.Word != destination && !isGranted && alive.Count(t => t.Word == destination || (options.Points && t.Grant == destination)) < wanted)
            {
                Try(thread, destination);
            }
            yield return default;
        }
    }

    private void Try(SimulatedThread thread, uint destination)
    {
        bool isMigrated = Visit(thread, destination);
        thread.Grant = options.Points ? destination : thread.Grant;
        thread.ChosenFor = isMigrated || options.Points ? destination : thread.ChosenFor;
    }

    private void Withdraw(SimulatedThread thread)
    {
        AddressRange[] trampolines = options.Mistake == SimulatedMistake.WithdrawsInTrampolines ? [] : [.. Trampolines()];
        if (StackVerdict.Decide(Unwind(thread), trampolines).IsQuiescent)
        {
            thread.Grant = 0;
            thread.ChosenFor = 0;
        }
    }

    private IEnumerable<CodeWrite> Migrate()
    {
        HashSet<int> known = [];
        HashSet<int> done = [];
        uint destination = backend.State.Transition!.Destination;
        for (int round = 0; round < rounds; round++)
        {
            var alive = threads.Where(t => !t.HasEnded).ToList();
            bool hasNew = alive.Exists(t => !known.Contains(t.Id) && t.Word != destination);
            known.UnionWith(alive.Select(t => t.Id));
            yield return default;
            foreach (var thread in alive.Where(t => t.Word == destination))
            {
                done.Add(thread.Id);
                yield return default;
            }
            if (!hasNew && alive.Count(t => !done.Contains(t.Id)) <= (options.Mistake == SimulatedMistake.SettlesEarly ? 1 : 0))
            {
                foreach (var store in backend.Settle())
                {
                    yield return store;
                }
                yield break;
            }
            foreach (var thread in alive.Where(t => !done.Contains(t.Id) && !t.HasEnded && (t.IsBlocked || !options.Points) && random.Next(2) == 0).ToList())
            {
                if (thread.HasEnded || NeverLeft(thread) || Visit(thread, destination))
                {
                    done.Add(thread.Id);
                }
                yield return default;
            }
        }
    }

    /// <summary>As MigrationLoop: in a reversed transition a thread that is blocked where it cannot be stopped, and not in the generation that is
    /// left, stays as it is. One in a handler of a signal can be stopped here, and is looked at: there may be a trampoline below.</summary>
    private bool NeverLeft(SimulatedThread thread) =>
        backend.State.Transition is { ReversedTo: not 0 } reversed && thread.IsBlocked && thread.Word != reversed.Generation
        && thread.Frames.All(f => f.Kind != FrameKind.Handler);

    /// <summary>As OutsideMigration: the thread is stopped meanwhile, so that all of it is one step.</summary>
    private bool Visit(SimulatedThread thread, uint destination)
    {
        if (!IsOutside(thread))
        {
            return false;
        }
        thread.Word = destination;
        return true;
    }

    private bool IsOutside(SimulatedThread thread)
    {
        var transition = backend.State.Transition!;
        // A thread that is blocked in the middle of a request comes by the point again.
        var requests = backend.State.Hooks
            .Where(h => h.IsArmed && h.Kind == HookKind.Point && options.Mistake != SimulatedMistake.ForgetsRequests)
            .Select(h => h.Function);
        AddressRange[] trampolines = options.Mistake == SimulatedMistake.ForgetsTrampolines ? [] : [.. Trampolines()];
        AddressRange[] oldCode = [.. new TransitionWrites(backend.State).OldCode().Select(o => o.Range), .. trampolines, .. requests];
        bool hasCodeOfDestination = transition.ReversedTo != 0 && thread.Word != transition.Generation;
        return StackVerdict.Decide(Unwind(thread), hasCodeOfDestination ? trampolines : oldCode).IsQuiescent;
    }

    private static StackFrame[] Unwind(SimulatedThread thread) =>
        [.. thread.Stack().Select(a => new StackFrame(a, default, default, IsExact: true, IsSignalFrame: false))];

    private IEnumerable<AddressRange> Trampolines() =>
        backend.State.Redirects.Select(r => r.Plan).Concat(backend.State.Hooks.Select(h => h.Plan)).SelectMany(p => p.All).Select(p => p.TrampolineRange);

    private IEnumerable<CodeWrite> Arm() => options.Mistake == SimulatedMistake.EvictsLate ? backend.Arm() : backend.Evict().Concat(backend.Arm());

    private static IEnumerable<CodeWrite> Lazily(Func<IEnumerable<CodeWrite>> make)
    {
        foreach (var write in make())
        {
            yield return write;
        }
    }
}
