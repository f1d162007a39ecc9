// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Serialization;
using Wfpatch.Lab.Loads;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>One apply or revert in a window. Times are microseconds since the load began.</summary>
/// <param name="Verb">apply or revert.</param>
/// <param name="Begin">When it was asked for; a command of ours is a program that starts then.</param>
/// <param name="End">When it had ended.</param>
/// <param name="Done">Whether all threads were there within the time limit.</param>
/// <param name="Threads">Those that the method knew of.</param>
/// <param name="LongestWait">How long one thread stood still at most.</param>
/// <param name="Transition">From the first write to the last thread, or until it was given up.</param>
/// <param name="Why">Why it is not done; empty where it is.</param>
public sealed record PatchAttempt(
    string Verb,
    [property: JsonPropertyName("begin_us")] long Begin,
    [property: JsonPropertyName("end_us")] long End,
    bool Done,
    int Threads,
    [property: JsonPropertyName("longest_wait_us")] double LongestWait,
    [property: JsonPropertyName("transition_us")] double Transition,
    string Why)
{
    public const string Apply = "apply", Revert = "revert";

    /// <summary>Replies of the version before, to requests that were due behind its end and answered before the next one began or the window was over.</summary>
    [JsonPropertyName("shown_before")]
    public long ShownBefore { get; init; }

    /// <summary>And of the version that it leads to.</summary>
    [JsonPropertyName("shown_after")]
    public long ShownAfter { get; init; }

    /// <summary>The same with a reply counted that came to a request that was due behind its end. A connection that has seen the new version shows the old one as Mixed.</summary>
    internal PatchAttempt WithReply(Reply reply) => reply switch
    {
        Reply.New => Verb == Apply ? this with { ShownAfter = ShownAfter + 1 } : this with { ShownBefore = ShownBefore + 1 },
        Reply.Old or Reply.Mixed => Verb == Apply ? this with { ShownBefore = ShownBefore + 1 } : this with { ShownAfter = ShownAfter + 1 },
        _ => this,
    };
}
