// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;

namespace Wfpatch.Lab.Experiments.Restarts;

/// <summary>One server in the report of `lab restart`; the fields of its JSON.</summary>
/// <param name="Why">Why it was not measured; empty where it was.</param>
/// <param name="Ways">The patch and the restart.</param>
/// <param name="Problems">Changes that were not made.</param>
/// <param name="File">Where each sample is kept, below lab/results.</param>
public sealed record RestartReport(
    string Server, string Why, RunConditions<RestartOptions>? Conditions, ImmutableArray<RestartResult> Ways, ImmutableArray<string> Problems, long FailedElsewhere, bool IsGood, string File)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static RestartReport Of(RestartRun run, string file) => new(
        run.Conditions.Server, "", run.Conditions, RestartResult.Of(run), [.. run.Samples.Where(sample => sample.Why.Length > 0).Select(sample => $"{sample.Way}: {sample.Why}")], run.FailedElsewhere, run.IsGood, file);

    internal static RestartReport NotMeasured(string server, string why) => new(server, why, null, [], [], 0, false, "");

    internal static string ToJson(ImmutableArray<RestartReport> reports) => JsonSerializer.Serialize(new { servers = reports }, Options);
}
