// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Experiments.Overheads;

/// <summary>What one method came to on one server, applying or taking back.</summary>
/// <param name="Verb">apply or revert.</param>
/// <param name="Patches">How often it was tried.</param>
/// <param name="Missed">How often not all threads were there within the limit.</param>
/// <param name="Threads">The server's, at most.</param>
/// <param name="ArmUs">To write all redirects, in microseconds.</param>
/// <param name="Stops">Of single threads, of those that were done.</param>
/// <param name="LongestStopUs">The longest stop of each, with the wait for a processor.</param>
/// <param name="LongestHeldUs">The same from the thread's standing still.</param>
/// <param name="LongestWaitUs">How long a thread waited for others at most; 0 where none waits.</param>
/// <param name="TransitionUs">Until the last thread had migrated, of those that are done.</param>
/// <param name="Absent">Threads that the others waited for in vain, and how often.</param>
public sealed record OverheadResult(
    string Method, string Verb, int Patches, int Missed, int Threads, Spread ArmUs, Spread Stops, Spread LongestStopUs, Spread LongestHeldUs, Spread LongestWaitUs, Spread TransitionUs,
    ImmutableArray<AbsentThreads> Absent)
{
    /// <summary>Of a run: each method's applies and reverts, in the order of <see cref="OverheadMethod.Names"/>.</summary>
    internal static ImmutableArray<OverheadResult> Of(ImmutableArray<OverheadSample> samples) =>
    [
        .. from method in OverheadMethod.Names
           from verb in (string[])["apply", "revert"]
           let these = samples.Where(sample => sample.Method == method && sample.Verb == verb).ToImmutableArray()
           where !these.IsEmpty
           select Of(method, verb, these),
    ];

    private static OverheadResult Of(string method, string verb, ImmutableArray<OverheadSample> samples)
    {
        ImmutableArray<OverheadSample> done = [.. samples.Where(sample => sample.Done)];
        return new(
            method, verb, samples.Length, samples.Length - done.Length, samples.Max(sample => sample.Threads.Length), Spread.Of(done.Select(sample => sample.ArmUs)),
            Spread.Of(done.Select(sample => (double)sample.Stops)), Spread.Of(samples.Select(sample => sample.LongestStopUs)), Spread.Of(samples.Select(sample => sample.LongestHeldUs)),
            Spread.Of(samples.Select(sample => sample.LongestWaitUs)), Spread.Of(done.Select(sample => sample.TransitionUs)),
            [.. samples.SelectMany(sample => sample.Missing).GroupBy(thread => ThreadKind.NameOf(thread.Name)).Select(group => new AbsentThreads(group.Key, group.Count())).OrderByDescending(absent => absent.Times)]);
    }
}

public sealed record AbsentThreads(string Name, int Times);
