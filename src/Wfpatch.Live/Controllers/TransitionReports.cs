// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Controllers;

/// <summary>Tells what became of a transition, from the state in which it was open and from its threads.</summary>
public sealed class TransitionReports(Target target, StopLog stops)
{
    /// <summary>All threads, where no transition is open.</summary>
    public ImmutableArray<ThreadReport> SettledThreads(TargetState state) =>
        [.. target.Proc.ReadThreads().Select(t => new ThreadReport(t, target.Proc.ReadThreadName(t) ?? "", state.Generation, MigrationPath.Outside, null, null))];

    /// <summary>Of a transition for all threads, complete or not.</summary>
    public TransitionReport Report(TargetState open, bool complete, IReadOnlyCollection<ThreadRecord> threads)
    {
        var transition = open.Transition!;
        var image = open.Images[transition.Image];
        bool back = transition.Kind == TransitionKind.Revert || transition.ReversedTo != 0;
        var pending = threads.Where(t => !t.IsDone).ToList();
        var replaced = ReplacedBy(open);
        string instead = replaced.IsEmpty ? "" : $" in place of {string.Join(" and ", replaced.Select(p => p.Name))}";
        string message = complete
            ? $"{image.PatchName} {(back ? "was taken back in" : "is in force in")} process {target.Process}{instead}: {threads.Count(t => t.Path != MigrationPath.Exited)} threads in generation {transition.Destination}."
            : $"{pending.Count} of {threads.Count} threads of process {target.Process} are still in the old generation ({string.Join(", ", pending.Take(3).Select(t => $"{t.Id} {t.Name}"))}); the target runs on in both, run the same command again to wait for them.";
        return Describe(open, complete ? Outcome.Done : Outcome.Pending, message) with
        {
            Threads = DescribeThreads(open, threads),
        };
    }

    /// <summary>Of a global one: all were never outside at once, and it was taken back.</summary>
    /// <param name="open">The state with the transition open, before that.</param>
    public TransitionReport ReportNotGathered(TargetState open, Gathering gathering, TimeSpan time)
    {
        const int MostNamed = 5;
        string patch = open.Images[open.Transition!.Image].PatchName;
        var missing = gathering.Threads.Where(t => t.Blocker is not null).ToList();
        string who = missing.Count == 0
            ? "they come and go all the time"
            : string.Join("; ", missing.Take(MostNamed).Select(t => $"thread {t.Id} {t.Name}: {t.Blocker!.Sentence}")) + (missing.Count > MostNamed ? $"; and {missing.Count - MostNamed} more" : "");
        string longest = string.Create(CultureInfo.InvariantCulture, $"{(gathering.Attempts.IsEmpty ? 0 : gathering.Attempts.Max(a => a.Waited.TotalMilliseconds)):0.0}");
        var refusal = TransitionRefusals.NotGathered.About(patch, string.Create(CultureInfo.InvariantCulture,
            $"In {time.TotalSeconds:0.0} s the threads of process {target.Process} were not outside of what {patch} changes at the same time: they waited {gathering.Attempts.Length} times for each other, {longest} ms at most. Missing: {who}. All go on as before, and nothing was changed."));
        return Describe(open, Outcome.Refused, refusal.Sentence) with
        {
            Threads = DescribeThreads(open, gathering.Threads),
            Attempts = gathering.Attempts,
            Refusals = [refusal],
        };
    }

    /// <summary>Of one that stays open for its canaries.</summary>
    public TransitionReport ReportCanaries(TargetState open, IReadOnlyCollection<ThreadRecord> threads)
    {
        var transition = open.Transition!;
        string patch = open.Images[transition.Image].PatchName;
        var canaries = threads.Where(t => t.Path is MigrationPath.Point or MigrationPath.Outside or MigrationPath.Return or MigrationPath.Born).ToList();
        string message = $"{patch}, canary: {canaries.Count} threads of process {target.Process} are in generation {transition.Destination} ({string.Join(", ", canaries.Take(3).Select(t => $"{t.Id} {t.Name}"))}{(canaries.Count > 3 ? ", ..." : "")}); the others stay until wfpatch advance lets them follow, or revert takes the canaries back.";
        return Describe(open, Outcome.Canary, message) with { Threads = DescribeThreads(open, threads) };
    }

    /// <summary>Of one that waits for its callbacks.</summary>
    public TransitionReport ReportCalls(TargetState open, CallWaiting waiting) => Describe(open, Outcome.Pending, waiting.Sentence);

    /// <summary>Of one that was taken back because a callback wanted it so.</summary>
    /// <param name="open">The state with the transition open, before that.</param>
    public TransitionReport ReportCallRefused(TargetState open, uint result)
    {
        string patch = open.Images[open.Transition!.Image].PatchName;
        var refusal = TransitionRefusals.CallbackRefused.About(patch, string.Create(CultureInfo.InvariantCulture,
            $"A callback of {patch} that is called before it is applied returned {(int)result} in process {target.Process}; no thread ran anything else of it, and nothing was applied."));
        return Describe(open, Outcome.Refused, refusal.Sentence) with { Refusals = [refusal] };
    }

    // Where it was turned round they stay.
    private static ImmutableArray<NamedPatch> ReplacedBy(TargetState open) => open.Transition is { ReversedTo: 0 } transition
        ? [.. transition.Replaced(open).Select(i => open.Images[i]).Select(i => new NamedPatch(i.PatchId, i.PatchName)).Distinct()]
        : [];

    private static ImmutableArray<ThreadReport> DescribeThreads(TargetState open, IReadOnlyCollection<ThreadRecord> threads) =>
        [.. threads.Select(t => new ThreadReport(
            t.Id, t.Name, t.IsDone && t.Path != MigrationPath.Staying ? open.Transition!.Destination : open.Generation, t.Path, t.MigratedAt, t.Blocker))];

    /// <summary>What every report on a transition says.</summary>
    /// <param name="open">The state with the transition open.</param>
    public TransitionReport Describe(TargetState open, Outcome outcome, string message)
    {
        var transition = open.Transition!;
        var image = open.Images[transition.Image];
        return new TransitionReport(outcome, message)
        {
            PatchId = image.PatchId,
            PatchName = image.PatchName,
            Kind = transition.ReversedTo != 0 ? TransitionKind.Revert : transition.Kind,
            Replaced = ReplacedBy(open),
            Generation = transition.Destination,
            Policy = transition.Policy,
            Consistency = transition.Consistency,
            Stops = stops.Count,
            LongestStop = stops.Longest,
            LongestHeld = stops.LongestHeld,
            Held = stops.Held,
            Backend = open.Backend,
            Functions = [.. transition.Images.SelectMany(i => open.Images[i].Functions).Select(f => Describe(open, f))],
        };
    }

    private static FunctionReport Describe(TargetState open, ReplacedFunction function)
    {
        if (open.Backend == BackendKind.AddressSpace)
        {
            return new FunctionReport(function.Name, function.Entry, EntryJump.Name, Address.Zero, function.New.Start);
        }
        var plan = open.Redirects[open.FindRedirect(function.Entry)].Plan;
        return new FunctionReport(function.Name, function.Entry, plan.Tactic, plan.Trampoline, function.New.Start);
    }
}
