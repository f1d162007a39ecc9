// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Controllers;

/// <summary>Whether a target has the threads that shall be canaries. Asked before anything is written; they may end later.</summary>
public static class CanaryCheck
{
    public static Refusal? FindObstacle(Target target, CanaryChoice canary)
    {
        var alive = target.Proc.ReadThreads();
        var unknown = canary.Threads.Where(t => !alive.Contains(t)).ToList();
        if (unknown.Count > 0)
        {
            return TransitionRefusals.NoSuchCanary.About($"thread {unknown[0]}", $"Process {target.Process} has no thread {string.Join(", ", unknown)}; see wfpatch status for its threads.");
        }
        return canary.Threads.IsEmpty && canary.Count > alive.Length
            ? TransitionRefusals.NoSuchCanary.About(
                $"process {target.Process}", $"Process {target.Process} has {alive.Length} threads, and {canary.Count} are asked for; one thread's id is written with a comma behind it, like {canary.Count},.")
            : null;
    }
}
