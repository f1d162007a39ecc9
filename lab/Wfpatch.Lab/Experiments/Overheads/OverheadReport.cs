// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Wfpatch.Lab.Experiments.Latencies;

namespace Wfpatch.Lab.Experiments.Overheads;

/// <summary>One server in the report of `lab overhead`; the fields of its JSON.</summary>
/// <param name="Why">Why it was not measured; empty where it was.</param>
/// <param name="Memory">What the patch added, in KiB.</param>
/// <param name="File">Where each sample is kept, below lab/results.</param>
public sealed record OverheadReport(
    string Server, string Why, RunConditions<OverheadOptions>? Conditions, long Requests, long Failed, MemoryAdded Memory, ImmutableArray<OverheadResult> Methods, ImmutableArray<ThreadKind> Kinds,
    ImmutableArray<ImpossibleMethod> Impossible, string File)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>It was measured, and no request failed. That a method did not get there is a result.</summary>
    public bool IsGood => Why.Length == 0 && Requests > 0 && Failed == 0;

    internal static OverheadReport Of(OverheadRun run, string file) =>
        new(run.Conditions.Server, "", run.Conditions, run.Requests, run.Failed, run.Memory, OverheadResult.Of(run.Samples), ThreadKind.Of(run.Samples), run.Impossible, file);

    internal static OverheadReport NotMeasured(string server, string why) => new(server, why, null, 0, 0, default, [], [], [], "");

    internal static string ToJson(ImmutableArray<OverheadReport> reports) => JsonSerializer.Serialize(new { servers = reports }, Options);
}
