// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;

namespace Wfpatch.Lab.Experiments.Endurances;

/// <summary>One server in the report of `lab endurance`; the fields of its JSON.</summary>
/// <param name="Why">Why it was not measured; empty where it was.</param>
/// <param name="Failure">What ended it before its time; empty: nothing.</param>
/// <param name="File">Where each sample is kept, below lab/results.</param>
public sealed record EnduranceReport(
    string Server, string Why, RunConditions<EnduranceOptions>? Conditions, int Cycles, double MillisecondsEach, string Failure, long Requests, long Failed, double WorstUs, EnduranceGrowth Growth, bool MakesCode,
    bool IsGood, string File)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static EnduranceReport Of(EnduranceRun run, string file) => new(
        run.Conditions.Server, "", run.Conditions, run.Cycles, run.MillisecondsEach, run.Failure, run.Requests, run.Failed, run.WorstUs, run.Growth, run.MakesCode, run.IsGood, file);

    internal static EnduranceReport NotMeasured(string server, string why) => new(server, why, null, 0, 0, "", 0, 0, 0, default, false, false, "");

    internal static string ToJson(ImmutableArray<EnduranceReport> reports) => JsonSerializer.Serialize(new { servers = reports }, Options);
}
