// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Backends.Dispatch;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Controllers;

/// <summary>
/// An apply of a patch whose library is not loaded. That it waits is written into the target, for status to tell; then it looks until
/// the library is there or the time is over. Nothing in the target waits for us: functions of the library may run before they
/// are patched, and calls of an object that is not patched yet are no mixture of versions.
/// </summary>
public sealed class WaitingApply(Target target, DispatchBackend backend)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Whether the one reason against an apply is that the library is not there, or not all of it.</summary>
    public static bool IsNotLoaded(TransitionReport report) =>
        report.Refusals is [var only] && (only.Kind == TargetRefusals.ObjectNotLoaded || only.Kind == TargetRefusals.BeingLoaded);

    /// <summary>The patch that waits, by id or name; null id: the last one.</summary>
    public static WaitingPatch? Find(TargetState state, string? id) =>
        state.Waiting.LastOrDefault(w => id is null || w.PatchId == id || w.PatchName == id);

    /// <param name="apply">Applies the patch with what is left of the time.</param>
    public TransitionReport Run(Patch patch, TransitionOptions options, Func<TimeSpan, TransitionReport> apply)
    {
        var clock = Stopwatch.StartNew();
        string library = patch.Objects[0].ObjectName;
        if (Record(new WaitingPatch(patch.Id, patch.Name, library)) is { } refusal)
        {
            return TransitionReport.Refused([refusal]);
        }
        while (!options.Cancel.IsCancellationRequested && clock.Elapsed < options.Timeout && !target.HasEnded)
        {
            options.Cancel.WaitHandle.WaitOne(Pause);
            target.RefreshMappings();
            if (!target.Mappings.Any(m => m.IsFile && DispatchPlanner.IsNamed(m.FileName, library)))
            {
                continue;
            }
            target.RefreshObjects();
            var left = options.Timeout - clock.Elapsed;
            var report = apply(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            if (!IsNotLoaded(report))
            {
                return report;
            }
        }
        return new TransitionReport(Outcome.Pending, $"{patch.Name} waits in process {target.Process} for {library}, which is not loaded: nothing was changed. The same command again goes on waiting, revert ends it.")
        {
            PatchId = patch.Id,
            PatchName = patch.Name,
            Generation = backend.State.Generation,
        };
    }

    public TransitionReport Forget(WaitingPatch waiting)
    {
        _ = backend.RecordWaiting(backend.State.Waiting.Remove(waiting), null);
        return new TransitionReport(Outcome.Done, $"{waiting.PatchName} does not wait for {waiting.ObjectName} any more in process {target.Process}; none of it was in force.")
        {
            PatchId = waiting.PatchId,
            PatchName = waiting.PatchName,
            Kind = TransitionKind.Revert,
            Generation = backend.State.Generation,
        };
    }

    private Refusal? Record(WaitingPatch waiting)
    {
        var state = backend.State;
        if (state.Waiting.Any(w => w.PatchId == waiting.PatchId))
        {
            return null;
        }
        var (plan, refusals) = new DispatchPlanner(target, state).PlanRegion();
        return refusals.IsEmpty ? backend.RecordWaiting(state.Waiting.Add(waiting), plan) : refusals[0];
    }
}
