// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Wfpatch.Lab.Loads;

namespace Wfpatch.Lab.Demo;

/// <summary>What one target of the demo came to; the fields of `demo --json`.</summary>
/// <param name="Threads">Threads that the target had while it was patched.</param>
/// <param name="Migrated">Those that run the new generation at the end of apply.</param>
/// <param name="Pending">Those that still run the old one then.</param>
/// <param name="Mixed">Requests that saw two versions.</param>
/// <param name="Errors">Wrong replies, lost connections, and a request survived by nobody.</param>
/// <param name="Requests">All that the load sent, in all windows.</param>
/// <param name="ArmUs">Time to redirect all functions.</param>
/// <param name="Stops">How often a thread was stopped.</param>
public sealed record DemoResult(
    string Name,
    int Threads,
    int Migrated,
    int Pending,
    long Mixed,
    long Errors,
    long Requests,
    [property: JsonPropertyName("arm_us")] double ArmUs,
    long Stops,
    [property: JsonPropertyName("longest_stop_us")] double LongestStopUs,
    Latency Before,
    Latency During,
    Latency After,
    [property: JsonPropertyName("old_reply")] string OldReply,
    [property: JsonPropertyName("new_reply")] string NewReply)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The patch works, all threads have it, and nobody noticed.</summary>
    [JsonIgnore]
    public bool IsGood => Pending == 0 && Migrated > 0 && Mixed == 0 && Errors == 0 && OldReply != NewReply;

    /// <summary>One JSON document: an array.</summary>
    public static string ToJson(ImmutableArray<DemoResult> results) => JsonSerializer.Serialize(results, Options);
}
