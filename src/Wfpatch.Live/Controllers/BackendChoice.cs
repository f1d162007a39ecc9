// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Generations;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Controllers;

/// <summary>
/// Which backend makes a transition. What is in force decides, since one target is never patched by two; where nothing is, the user.
/// </summary>
public static class BackendChoice
{
    /// <summary>For an apply: a backend, and what is against it. Nobody gets aspace who does not ask for it, as long as it was seen on
    /// emulated processors alone (docs/decisions/0047-one-interface-for-two-backends.md).</summary>
    public static (BackendKind Backend, Refusal? Refusal) Make(Target target, TargetState state, TransitionOptions options)
    {
        if (IsBound(state))
        {
            return (state.Backend, FindOther(target, state, options));
        }
        if (options.Backend != BackendKind.AddressSpace)
        {
            return (BackendKind.Dispatch, null);
        }
        var refusal = HasViews(target) ? null : TransitionRefusals.NoGenerations.About(
            "--backend aspace", "The kernel that runs here has no address-space generations.");
        return (BackendKind.AddressSpace, refusal);
    }

    /// <summary>What is against going on with what another backend made.</summary>
    public static Refusal? FindOther(Target target, TargetState state, TransitionOptions options) =>
        options.Backend is { } wanted && IsBound(state) && wanted != state.Backend
            ? TransitionRefusals.OtherBackend.About($"process {target.Process}", $"What is in force in process {target.Process} was made by the backend {state.Backend.NameOf()}.")
            : null;

    /// <summary>Views that are not ours: what is written to generation 0 the threads of the process need not see.</summary>
    public static Refusal? FindForeign(Target target, TargetState state) =>
        state.Backend == BackendKind.AddressSpace || !state.Entries.IsEmpty || target.Linux.ReadViews(target.Process) is not { IsEmpty: false } views
            ? null
            : TransitionRefusals.ForeignViews.About($"process {target.Process}", $"Process {target.Process} has address-space generations of its own ({string.Join(", ", views.Take(3))}).");

    /// <summary>A state that came with a fork, and says of views that are not there.</summary>
    public static Refusal? FindFork(Target target, TargetState state)
    {
        // The one that a reversed transition leads away from is deleted.
        int[] wanted = [state.View, state.Transition is { ReversedTo: 0 } open ? open.View : 0];
        return wanted.Any(v => v > 0) && target.Linux.ReadViews(target.Process) is var views && wanted.FirstOrDefault(v => v > 0 && !views.Contains(v)) is > 0 and var missing
            ? TransitionRefusals.ForkedView.About($"process {target.Process}", $"Generation {missing} of the address space of process {target.Process} is not there: the process was forked by one that had it. What it runs is what the thread that forked it ran.")
            : null;
    }

    /// <summary>Whether the kernel has address-space generations. One that has none says so, whatever it is asked for.</summary>
    public static bool HasViews(Target target) => target.Linux.QueryView(target.Process, out _) != Errno.NoSystemCall;

    private static bool IsBound(TargetState state) => !state.Applied.IsEmpty || state.Transition is not null || state.View != 0;

    /// <summary>What is against going over to a view at a quiescence point, which a thread does by a system call of its own; null: nothing.</summary>
    public static Refusal? FindFilter(Target target) =>
        target.Proc.ReadThreads().Where(t => target.Proc.ReadStatus("Seccomp", t) is not (null or "0"))
            .Select(t => TransitionRefusals.NotWithViews.About($"thread {t}", $"Thread {t} of process {target.Process} has a seccomp filter, which may be against the system call by which a thread goes over to a view at a quiescence point; use --policy stack."))
            .FirstOrDefault();
}
