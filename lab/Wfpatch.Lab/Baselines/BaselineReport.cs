// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Wfpatch.Lab.Baselines;

/// <summary>What an apply or a revert by a baseline came to.</summary>
/// <param name="Done">All was written.</param>
/// <param name="Tries">How often all threads were stopped.</param>
/// <param name="Threads">How many stood still the last time.</param>
/// <param name="LongestWaitUs">How long all stood still at most, of all tries.</param>
/// <param name="ElapsedUs">From the first try to the end of the last one.</param>
/// <param name="Why">Why it is not done; empty where it is.</param>
internal sealed record BaselineReport(bool Done, int Tries, int Threads, double LongestWaitUs, double ElapsedUs, string Why)
{
    /// <summary>Already as it was asked for.</summary>
    internal static BaselineReport Nothing { get; } = new(true, 0, 0, 0, 0, "");

    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>It was not even tried.</summary>
    internal static BaselineReport Impossible(string why) => new(false, 0, 0, 0, 0, why);

    internal string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <exception cref="InvalidDataException">It is none.</exception>
    internal static BaselineReport Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<BaselineReport>(line, Options) ?? throw new JsonException("null");
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"no report of a baseline: {line}", problem);
        }
    }
}
