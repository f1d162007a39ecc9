// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Experiments;

/// <summary>What one server came to; the fields of `lab servers --json`.</summary>
/// <param name="Why">Why it was not tried, or what went wrong: one sentence each.</param>
/// <param name="Requests">All that the load sent.</param>
/// <param name="Failed">Wrong replies and lost connections.</param>
/// <param name="Before">The reply that the visible change changes, before it.</param>
/// <param name="During">While the patches are in force.</param>
/// <param name="After">After they were taken back.</param>
/// <param name="Status">What `wfpatch status` says while they are in force.</param>
/// <param name="IsClean">Whether `wfpatch verify` found nothing at the end.</param>
/// <param name="End">How the patched server ended when it was told to; empty: it did not.</param>
public sealed record ServerResult(string Name, string Title, ImmutableArray<string> Why)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public long Requests { get; init; }

    public long Failed { get; init; }

    public AppliedPatch? Visible { get; init; }

    public AppliedPatch? Fix { get; init; }

    public string Before { get; init; } = "";

    public string During { get; init; } = "";

    public string After { get; init; } = "";

    public ShownBug? Bug { get; init; }

    public string Status { get; init; } = "";

    [JsonPropertyName("is_clean")]
    public bool IsClean { get; init; }

    public string End { get; init; } = "";

    /// <summary>Patched while it served, by both patches; seen, taken back, ended when it was told to, and no request failed.</summary>
    [JsonPropertyName("is_good")]
    public bool IsGood => Why.IsEmpty && Requests > 0 && Failed == 0 && Visible is { IsGood: true } && Fix is { IsGood: true } && Bug is { IsGood: true }
        && Before.Length > 0 && Before != During && Before == After && IsClean && End.Length > 0;

    /// <summary>One JSON document.</summary>
    public static string ToJson(ImmutableArray<ServerResult> results) => JsonSerializer.Serialize(new { servers = results }, Options);
}

/// <summary>A patch that a running server took.</summary>
/// <param name="Threads">Threads of the server while it was patched.</param>
/// <param name="Migrated">Those that have the patch at the end of apply.</param>
/// <param name="Pending">Those that have not.</param>
public sealed record AppliedPatch(
    string Name, int Functions, int Threads, int Migrated, int Pending, [property: JsonPropertyName("transition_us")] double TransitionUs, long Stops, string Result)
{
    [JsonIgnore]
    public bool IsGood => Result == "done" && Migrated > 0 && Pending == 0;

    public static AppliedPatch Of(ToolReport report)
    {
        int pending = report.Threads.Count(thread => thread.IsPending), exited = report.Threads.Count(thread => thread.How == "exited");
        return new(report.Patch?.Name ?? "", report.Functions.Length, report.Threads.Length, report.Threads.Length - pending - exited, pending, report.TransitionUs, report.Stops, report.Result);
    }
}

/// <summary>The bug of the real fix: the same request to a server without and to one with it.</summary>
/// <param name="Title">What was fixed.</param>
/// <param name="Unpatched">What came back from the server without the fix, and how that ended (empty: it serves on).</param>
/// <param name="Right">What must come back.</param>
/// <param name="Patched">What came back from the server with it.</param>
/// <param name="Survives">Whether that one serves on.</param>
public sealed record ShownBug(string Title, string Unpatched, [property: JsonPropertyName("unpatched_end")] string UnpatchedEnd, string Right, string Patched, bool Survives)
{
    [JsonIgnore]
    public bool IsGood => (UnpatchedEnd.Length > 0 || Unpatched != Right) && Patched == Right && Survives;
}
