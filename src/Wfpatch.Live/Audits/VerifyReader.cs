// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Audits;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.X86;
using Wfpatch.Live.Backends.Dispatch;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Audits;

/// <summary>Compares a target with the state that lies in it. Only reads; nothing is stopped and no other controller is kept away.</summary>
public static class VerifyReader
{
    /// <summary>How often it begins anew because another controller went on meanwhile.</summary>
    private const int MostTries = 20;

    public static VerifyReport Read(Target target)
    {
        for (int i = 0; i < MostTries; i++)
        {
            target.RefreshMappings();
            var journal = TargetJournal.Find(target.Process, target.Mappings, target.Memory, out var unreadable);
            if (journal is null)
            {
                return unreadable is not null ? VerifyReport.Refused(unreadable) : new VerifyReport(Outcome.Done, $"Process {target.Process} was never patched; there is nothing to compare.");
            }
            if (BackendChoice.FindFork(target, journal.State) is { } forked)
            {
                return VerifyReport.Refused(forked);
            }
            // The mappings that led to the journal are older than what it says: trampolines may have come since.
            target.RefreshObjects();
            var report = Compare(target, journal);
            // What was compared is right for one state alone. A write of the next one begins with the other copy.
            if (TargetJournal.Find(target.Process, target.Mappings, target.Memory, out _)?.Sequence == journal.Sequence)
            {
                return report;
            }
        }
        return VerifyReport.Refused(TargetRefusals.ControllerBusy.About(
            $"process {target.Process}", $"Another wfpatch is changing process {target.Process} all the time; wait until it has ended."));
    }

    private static VerifyReport Compare(Target target, TargetJournal journal)
    {
        var lost = UnloadedObjects.Find(target, journal.State, withReloaded: false);
        var state = LostObjects.Without(journal.State, lost);
        var (copies, isTorn) = JournalCopies.Compare(target.Memory, journal);
        var memory = OwnMemory.Compare(target.Mappings, state);
        var code = CompareCode(target, state, journal.Region);
        var files = FunctionsOnDisk.Find(target, state).Select(e => e.Compare(target.Memory));
        var checks = copies.Concat(memory).Concat(code).Concat(files).ToList();
        ImmutableArray<Difference> differences = [.. checks.OfType<Difference>()];
        return differences.IsEmpty
            ? new VerifyReport(Outcome.Done, $"Process {target.Process} is as its state says: {checks.Count} places were compared.{DescribeOpen(state)}{DescribeLost(lost)}{DescribeTorn(isTorn)}") { Checked = checks.Count }
            : new VerifyReport(Outcome.Refused, $"{differences.Length} of {checks.Count} places in process {target.Process} were changed by someone else.{DescribeLost(lost)}{DescribeTorn(isTorn)}")
            {
                Checked = checks.Count,
                Differences = differences,
                Refusals = [.. differences.Select(d => d.ToRefusal())],
            };
    }

    private static List<Difference?> CompareCode(Target target, TargetState state, Address journal)
    {
        ImmutableArray<SyscallSite> sites = [.. GuardedCalls.Find(target.Objects, OriginalCode.View(target.Memory, state)).Select(c => c.Site)];
        try
        {
            return [.. TargetExpectations.Of(state, sites).Select(e => e.Compare(target.Memory))];
        }
        catch (InvalidOperationException impossible)
        {
            return [new Difference(AuditRefusals.StateDamaged, "state", journal, "plans that can be carried out", impossible.Message)];
        }
    }

    private static string DescribeOpen(TargetState state) => state.Transition is { } open
        ? $" The transition of {state.Images[open.Image].PatchName} is open ({open.Phase.ToString().ToLowerInvariant()})."
        : "";

    private static string DescribeLost(ImmutableArray<ObjectState> lost) =>
        lost.IsEmpty ? "" : $" What was changed in {string.Join(", ", lost.Select(o => o.Name))} went with it when it was unloaded.";

    private static string DescribeTorn(bool isTorn) =>
        isTorn ? " The newest copy of the state is not whole, as when a wfpatch is killed while it writes it; the one before counts." : "";
}
