// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Backends;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Controllers;

/// <summary>
/// An apply of a patch whose library is not loaded. That it waits is written into the target, for status to tell; then it looks until
/// the library is there or the time is over. Nothing in the target waits for us: functions of the library may run before they
/// are patched, and calls of an object that is not patched yet are no mixture of versions.
/// </summary>
public sealed class WaitingApply(Target target, JournaledTarget journaled)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Whether all reasons against an apply are that a library is not there, or not all of it.</summary>
    public static bool IsNotLoaded(TransitionReport report) =>
        !report.Refusals.IsEmpty && report.Refusals.All(r => r.Kind == TargetRefusals.ObjectNotLoaded || r.Kind == TargetRefusals.BeingLoaded);

    /// <summary>The patch that waits, by id or name; null id: the last one.</summary>
    public static WaitingPatch? Find(TargetState state, string? id) =>
        state.Waiting.LastOrDefault(w => id is null || w.PatchId == id || w.PatchName == id);

    /// <param name="apply">Applies the patch with what is left of the time.</param>
    public TransitionReport Run(Patch patch, TransitionOptions options, Func<TimeSpan, TransitionReport> apply)
    {
        var clock = Stopwatch.StartNew();
        ImmutableArray<string> libraries = [.. patch.Objects.Select(o => o.ObjectName).Where(n => n.Length > 0)];
        ImmutableArray<string> missing = [.. libraries.Where(l => !IsMapped(l))];
        // One that is there, and is not loaded whole yet, is waited for like the others.
        if (Record([.. (missing.IsEmpty ? libraries : missing).Select(l => new WaitingPatch(patch.Id, patch.Name, l))]) is { } refusal)
        {
            return TransitionReport.Refused([refusal]);
        }
        while (!options.Cancel.IsCancellationRequested && clock.Elapsed < options.Timeout && !target.HasEnded)
        {
            options.Cancel.WaitHandle.WaitOne(Pause);
            target.RefreshMappings();
            if (!libraries.All(IsMapped))
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
        return new TransitionReport(Outcome.Pending, $"{patch.Name} waits in process {target.Process} for {Names(libraries.Where(l => !IsMapped(l)))} to be loaded: nothing was changed. The same command again goes on waiting, revert ends it.")
        {
            PatchId = patch.Id,
            PatchName = patch.Name,
            Generation = journaled.State.Generation,
        };
    }

    public TransitionReport Forget(WaitingPatch waiting)
    {
        var all = journaled.State.Waiting.Where(w => w.PatchId == waiting.PatchId).ToList();
        _ = journaled.RecordWaiting(journaled.State.Waiting.RemoveRange(all), null);
        return new TransitionReport(Outcome.Done, $"{waiting.PatchName} does not wait for {Names(all.Select(w => w.ObjectName))} any more in process {target.Process}; none of it was in force.")
        {
            PatchId = waiting.PatchId,
            PatchName = waiting.PatchName,
            Kind = TransitionKind.Revert,
            Generation = journaled.State.Generation,
        };
    }

    private bool IsMapped(string library) => target.Mappings.Any(m => m.IsFile && TransitionPlanner.IsNamed(m.FileName, library));

    private static string Names(IEnumerable<string> libraries) => string.Join(" and ", libraries) is { Length: > 0 } names ? names : "its libraries";

    private Refusal? Record(ImmutableArray<WaitingPatch> waiting)
    {
        var state = journaled.State;
        var added = waiting.Except(state.Waiting).ToImmutableArray();
        if (added.IsEmpty)
        {
            return null;
        }
        var (plan, refusals) = new TransitionPlanner(target, state).PlanRegion();
        return refusals.IsEmpty ? journaled.RecordWaiting(state.Waiting.AddRange(added), plan) : refusals[0];
    }
}
