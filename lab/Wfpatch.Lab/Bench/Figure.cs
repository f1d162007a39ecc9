// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Wfpatch.Lab.Bench;

/// <summary>One measured figure, beside its baseline from the same run.</summary>
/// <param name="Value">Null where it could not be measured; <paramref name="Note"/> says why.</param>
/// <param name="Baseline">The same thing without patching, or what others would need.</param>
/// <param name="BaselineIs">What the baseline is, in a few words.</param>
/// <param name="Goal">At most this; null: there is none.</param>
/// <param name="Raw">The single measurements that the value comes from.</param>
internal sealed record Figure(
    string Name,
    string Unit,
    double? Value,
    double? Baseline,
    [property: JsonPropertyName("baseline_is")] string BaselineIs,
    double? Goal,
    string Note,
    ImmutableArray<double> Raw)
{
    /// <summary>Null: there is no goal, or no value.</summary>
    [JsonPropertyName("goal_reached")]
    public bool? GoalReached => Goal is { } goal && Value is { } value ? value <= goal : null;

    /// <summary>Whether something went wrong: a program that is not there is no failure.</summary>
    [JsonIgnore]
    public bool IsFailure { get; private init; }

    /// <summary>A count of what must not be.</summary>
    internal static Figure MustBeZero(string name, long count, string note) => new(name, "", count, null, "", 0, note, []) { IsFailure = count > 0 };

    internal static Figure NotInstalled(string name) => new(name, "", null, null, "", null, "is not installed here", []);

    internal static Figure NotMeasured(string name, string why) => new(name, "", null, null, "", null, why, []) { IsFailure = true };
}
