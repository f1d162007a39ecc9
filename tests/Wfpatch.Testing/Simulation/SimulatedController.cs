// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
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
    public IEnumerable<CodeWrite> Apply(int patch)
    {
        var state = backend.State;
        if (state.Transition is { } open)
        {
            bool isOwn = open is { Kind: TransitionKind.Apply, ReversedTo: 0, Phase: not TransitionPhase.Cancelling } && open.Image == backend.FindImage(patch);
            return isOwn ? Continue() : [];
        }
        int image = backend.FindImage(patch);
        return state.Applied.Any(a => a.Image == image) ? [] : backend.Prepare(TransitionKind.Apply, patch, options.Points).Concat(Lazily(Continue));
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
        return isFree ? backend.Prepare(TransitionKind.Revert, patch, options.Points).Concat(Lazily(Continue)) : [];
    }

    private IEnumerable<CodeWrite> RevertOpen(TransitionState open)
    {
        if (open.Kind != TransitionKind.Apply || open.ReversedTo != 0)
        {
            return Continue();
        }
        return open.Phase switch
        {
            TransitionPhase.Preparing or TransitionPhase.Arming or TransitionPhase.Cancelling => backend.Cancel(),
            TransitionPhase.Migrating => backend.Reverse().Concat(Lazily(Continue)),
            _ => backend.Settle(),
        };
    }

    private IEnumerable<CodeWrite> Continue()
    {
        var phase = backend.State.Transition!.Phase;
        if (phase == TransitionPhase.Cancelling)
        {
            return backend.Cancel();
        }
        var arm = phase <= TransitionPhase.Arming ? backend.Arm() : [];
        return arm.Concat(Lazily(() => backend.State.Transition!.Phase == TransitionPhase.Migrating
            ? backend.RewriteHooks().Concat(backend.OpenHooks()).Concat(Migrate())
            : backend.Settle()));
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
        var transition = backend.State.Transition!;
        // A thread that is blocked in the middle of a request comes by the point again.
        var requests = backend.State.Hooks
            .Where(h => h.IsArmed && h.Kind == HookKind.Point && options.Mistake != SimulatedMistake.ForgetsRequests)
            .Select(h => h.Function);
        AddressRange[] trampolines = options.Mistake == SimulatedMistake.ForgetsTrampolines ? [] : [.. Trampolines()];
        AddressRange[] oldCode = [.. new TransitionWrites(backend.State).OldCode().Select(o => o.Range), .. trampolines, .. requests];
        bool hasCodeOfDestination = transition.ReversedTo != 0 && thread.Word != transition.Generation;
        if (!StackVerdict.Decide(Unwind(thread), hasCodeOfDestination ? trampolines : oldCode).IsQuiescent)
        {
            return false;
        }
        thread.Word = destination;
        return true;
    }

    private static StackFrame[] Unwind(SimulatedThread thread) =>
        [.. thread.Stack().Select(a => new StackFrame(a, default, default, IsExact: true, IsSignalFrame: false))];

    private IEnumerable<AddressRange> Trampolines() =>
        backend.State.Redirects.Select(r => r.Plan.TrampolineRange).Concat(backend.State.Hooks.Select(h => h.Plan.TrampolineRange));

    private static IEnumerable<CodeWrite> Lazily(Func<IEnumerable<CodeWrite>> make)
    {
        foreach (var write in make())
        {
            yield return write;
        }
    }
}
