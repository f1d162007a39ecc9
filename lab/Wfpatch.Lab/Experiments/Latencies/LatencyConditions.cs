// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>How a run was made: enough to make it again. Nothing of it names a machine or a folder.</summary>
/// <param name="Title">The server with its package's version.</param>
/// <param name="Patch">What was applied and taken back, again and again.</param>
/// <param name="Long">What one more connection asked for meanwhile; empty: there was none.</param>
/// <param name="Kernel">Its release.</param>
/// <param name="Load">The machine's load average of one minute before and after; the run's own load is in the second.</param>
public sealed record LatencyConditions(
    string Server,
    string Title,
    string Patch,
    string Long,
    string Kernel,
    int Processors,
    string Wfpatch,
    string Runtime,
    [property: JsonPropertyName("is_privileged")] bool IsPrivileged,
    DateTimeOffset Began,
    LatencyOptions Options)
{
    public ImmutableArray<double> Load { get; init; } = [];
}
