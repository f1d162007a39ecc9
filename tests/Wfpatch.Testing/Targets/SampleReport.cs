// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wfpatch.Testing.Targets;

/// <summary>What the sample answers to `report`.</summary>
/// <param name="Mixed">Requests that two versions served: must be 0.</param>
/// <param name="GapUs">The largest time between two requests of one busy thread since the last `reset`.</param>
/// <param name="Versions">Requests by the version that served all their steps.</param>
public sealed record SampleReport(
    ImmutableArray<SampleThread> Threads, long Requests, long Old, long New, long Mixed,
    [property: JsonPropertyName("gap_us")] double GapUs, ImmutableDictionary<string, long> Versions)
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    public static SampleReport Parse(string line) =>
        JsonSerializer.Deserialize<SampleReport>(line, Options) ?? throw new InvalidDataException($"not a report: {line}");
}

/// <param name="Version">The version that served its latest request that was not mixed; 0: none yet.</param>
public sealed record SampleThread(
    int Tid, string Name, long Requests, long Old, long New, long Mixed, int Version, [property: JsonPropertyName("gap_us")] double GapUs);
