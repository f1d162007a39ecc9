// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Backends;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Controllers;

/// <summary>Why callbacks have not been called yet.</summary>
/// <param name="IsLost">Whether they will never be: the thread that ran them is gone.</param>
public sealed record CallWaiting(string Sentence, bool IsLost = false);

/// <summary>
/// Has the callbacks of an open transition called, each once, by a thread of the target that comes by a quiescence point. The controller asks and
/// waits, and no thread does: what was asked for is called also when the controller is gone.
/// </summary>
public sealed class CallbackTurn(Target target, JournaledTarget journaled, CallbackRequests requests)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(5);

    /// <summary>What is against callbacks in a transition that is planned.</summary>
    public static IEnumerable<Refusal> FindObstacles(TargetState open)
    {
        var image = open.Images[open.Transition!.CallingImage(open)];
        if (image.Callbacks.IsEmpty)
        {
            yield break;
        }
        if (open.Transition.Images.Count(i => !open.Images[i].Callbacks.IsEmpty) > 1)
        {
            yield return TransitionRefusals.CallbacksOfSeveral.About(image.PatchName, $"Several programs and libraries of {image.PatchName} have callbacks, and those of one alone can be called.");
        }
        if (open.Transition.IsGlobal)
        {
            yield return TransitionRefusals.CallbacksOfGlobal.About(image.PatchName, $"{image.PatchName} has callbacks, and all threads are to go over at once, which nobody at a quiescence point could call them in.");
        }
        else if (!open.Hooks.Any(h => h.IsArmed && h.Kind == HookKind.Point))
        {
            yield return TransitionRefusals.CallbacksNeedPoints.About(image.PatchName, $"{image.PatchName} has callbacks, and under the policy {open.Transition.Policy} there is no quiescence point at which a thread could call them; use --policy points with a profile, or explicit.");
        }
    }

    /// <summary>Asks, and waits until they have been called (null), or the time is over.</summary>
    public CallWaiting? Run(TransitionOptions options)
    {
        requests.Open();
        return Wait(options, p => p == CallProgress.Done);
    }

    /// <summary>Takes back what is asked for. Null: nobody is in it, and nobody will be; else a thread is in it still.</summary>
    public CallWaiting? Withdraw(TransitionOptions options)
    {
        requests.Withdraw();
        return Wait(options, p => p != CallProgress.Running) is { IsLost: false } running ? running : null;
    }

    /// <summary>Where the open transition waits for callbacks: for which, and for whom. Else null.</summary>
    public static CallWaiting? Describe(Target target, TargetState state)
    {
        if (state.Transition is not { Phase: TransitionPhase.CallingFirst or TransitionPhase.CallingLast } open)
        {
            return null;
        }
        var image = state.Images[open.CallingImage(state)];
        var status = CallbackBlock.Read(target.Memory, image.CallbackBlock, open.Call);
        string what = open.Phase == TransitionPhase.CallingFirst
            ? open.Kind == TransitionKind.Apply ? "pre-apply" : "pre-revert"
            : open.IsBack ? "post-revert" : "post-apply";
        string which = $"The {what} callback of {image.PatchName}";
        if (status.Progress != CallProgress.Running)
        {
            return new CallWaiting($"{which} has {(status.Progress == CallProgress.Done ? "" : "not ")}been called in process {target.Process}{(status.Progress == CallProgress.Done ? "" : ": no thread has come by a quiescence point")}; the target runs on, run the same command again to go on, or take it back with revert.");
        }
        return FindRunner(target, status.Runner) is { } runner
            ? new CallWaiting($"{which} is running in thread {runner} of process {target.Process} and has not returned yet; the target runs on, run the same command again to go on.")
            : new CallWaiting($"{which} was begun by a thread that is not in process {target.Process} any more, so that it will never be over{(open.IsBack ? "" : "; take the patch back with revert")}.", IsLost: true);
    }

    private CallWaiting? Wait(TransitionOptions options, Func<CallProgress, bool> isOver)
    {
        var clock = Stopwatch.StartNew();
        for (var pause = TimeSpan.FromMilliseconds(1); ; pause = pause < LongestPause ? pause * 2 : LongestPause)
        {
            if (target.Proc.ReadThreads().IsEmpty || target.Memory.IsReplaced)
            {
                throw new TargetAccessException($"waiting for callbacks in process {target.Process}", Errno.NoSuchProcess);
            }
            if (isOver(requests.Status.Progress))
            {
                return null;
            }
            var waiting = Describe(target, journaled.State)!;
            if (isOver(requests.Status.Progress))
            {
                return null;
            }
            if (waiting.IsLost || clock.Elapsed >= options.Timeout || options.Cancel.IsCancellationRequested)
            {
                return waiting;
            }
            Thread.Sleep(pause);
        }
    }

    // Between taking the request and saying who it is there are some instructions.
    private static string? FindRunner(Target target, Address block) => block == Address.Zero
        ? "unknown"
        : target.Proc.ReadThreads().Where(t => ThreadControlBlock.Find(target.Linux, target.Memory, t) == block).Select(t => $"{t} {target.Proc.ReadThreadName(t)}").FirstOrDefault();
}
