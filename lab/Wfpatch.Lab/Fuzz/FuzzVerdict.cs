// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Lab.Fuzz;

internal enum FuzzOutcome
{
    /// <summary>The patched process computed what the rebuilt program computes.</summary>
    Patched,

    /// <summary>No difference was found, and there is none in what the programs compute.</summary>
    Same,

    /// <summary>With codes that such an edit may be refused with.</summary>
    Refused,

    /// <summary>The edited program is none that anything can be said about.</summary>
    Discarded,

    Failed,
}

/// <summary>What became of a seed.</summary>
/// <param name="Edit">The names of its edits.</param>
/// <param name="Program">How the program was built.</param>
/// <param name="Detail">Why, for people; for what was discarded one of few phrases.</param>
internal sealed record FuzzVerdict(FuzzSeed Seed, FuzzOutcome Outcome, string Edit, string Program, string Detail)
{
    public ImmutableArray<Refusal> Refusals { get; init; } = [];

    /// <summary>Whether both versions computed different things, so that a wrong patch would show.</summary>
    public bool IsVisible { get; init; }

    public override string ToString() => $"seed {Seed}: {Outcome.ToString().ToLowerInvariant()}: {Edit} ({Program}): {Detail}";
}
