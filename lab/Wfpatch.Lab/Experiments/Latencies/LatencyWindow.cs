// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>A few seconds under load, with patches of one method or without any. Times are microseconds since the load began.</summary>
/// <param name="Method">The method; for a window without patches the one that it is compared with.</param>
/// <param name="Pair">Windows of one method with the same number are compared: one without patches, and the one that follows it.</param>
/// <param name="IsPatched">The second of the pair. Of the method none it has no patches either.</param>
/// <param name="End">The first time that is not in it.</param>
public sealed record LatencyWindow(string Method, int Pair, bool IsPatched, long Begin, long End)
{
    /// <summary>When each request was due, since <see cref="Begin"/>; in order.</summary>
    public ImmutableArray<int> Due { get; init; } = [];

    /// <summary>How long each took from then on.</summary>
    public ImmutableArray<int> Latencies { get; init; } = [];

    /// <summary>Wrong replies and lost connections among them.</summary>
    public long Failed { get; init; }

    public ImmutableArray<PatchAttempt> Patches { get; init; } = [];
}
