// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Quiescence.Sampling;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Obstacles;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Sampling;

/// <param name="Time">How long the threads are watched.</param>
/// <param name="SymbolFile">A build of the main program with symbols, or null.</param>
/// <param name="Patch">A patch whose functions are to be known by name, or null.</param>
public sealed record SamplingOptions(TimeSpan Time, string? SymbolFile, Patch? Patch, CancellationToken Cancel = default);

/// <summary>What sampling a target came to.</summary>
public sealed record PointsReport(Outcome Outcome, string Message)
{
    public ProfileProposal? Proposal { get; init; }

    /// <summary>Points that the program announces itself.</summary>
    public ImmutableArray<ExplicitPoint> Announced { get; init; } = [];

    public int Stops { get; init; }

    public TimeSpan LongestStop { get; init; }

    public ImmutableArray<Refusal> Refusals { get; init; } = [];

    /// <summary>Samples a target. It is the tracer's thread that calls.</summary>
    public static PointsReport Of(Target target, SamplingOptions options)
    {
        var stops = new StopLog();
        var journal = TargetJournal.Find(target.Process, target.Mappings, target.Memory, out var unreadable);
        if (unreadable is not null || target.Objects.IsEmpty)
        {
            var refusal = unreadable ?? TargetRefusals.NotX8664.About($"process {target.Process}", $"Process {target.Process} is not an x86-64 program.");
            return new PointsReport(Outcome.Refused, refusal.Sentence) { Refusals = [refusal] };
        }
        if (new SeccompReader(target, stops).FindAgainstStops() is { } filtered)
        {
            return new PointsReport(Outcome.Refused, filtered.Sentence) { Refusals = [filtered] };
        }
        var original = Backends.Dispatch.OriginalCode.View(target.Memory, journal?.State ?? Core.Generations.TargetState.Empty);
        var names = new FunctionNames(target, options.SymbolFile, options.Patch, original);
        var samples = new StackSampler(target, names, stops).Run(options.Time, options.Cancel);
        var proposal = ProfileProposal.Of(target.Proc.ReadExecutableName() ?? target.Objects[0].FileName, samples, f => names.FindJumpers(f, original));
        int count = proposal.Points.Count();
        return new PointsReport(Outcome.Done, $"{count} point(s) proposed for process {target.Process} from {samples.Length} stacks of {proposal.Groups.Sum(g => g.Threads.Length)} threads.")
        {
            Proposal = proposal,
            Announced = ExplicitPoints.Find(target).All,
            Stops = stops.Count,
            LongestStop = stops.Longest,
        };
    }
}
