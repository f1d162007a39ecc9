// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>One server in the report of `lab latency`; the fields of its JSON.</summary>
/// <param name="Why">Why it was not measured; empty where it was.</param>
/// <param name="Failed">All failed requests, also those in no window.</param>
/// <param name="File">Where each request is kept, below lab/results.</param>
public sealed record LatencyReport(
    string Server, string Why, RunConditions<LatencyOptions>? Conditions, long Requests, long Failed, ImmutableArray<MethodResult> Methods, ImmutableArray<ImpossibleMethod> Impossible, string File)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>It was measured, and no request failed. That a method did not get there is a result.</summary>
    [JsonPropertyName("is_good")]
    public bool IsGood => Why.Length == 0 && Requests > 0 && Failed == 0;

    internal static LatencyReport Of(LatencyRun run, string file) =>
        new(run.Conditions.Server, "", run.Conditions, run.Requests, run.Failed, MethodResult.Of(run), run.Impossible, file);

    internal static LatencyReport NotMeasured(string server, string why) => new(server, why, null, 0, 0, [], [], "");

    internal static string ToJson(ImmutableArray<LatencyReport> reports) => JsonSerializer.Serialize(new { servers = reports }, Options);
}
