// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Diffing;

/// <summary>What the objects alone do not tell.</summary>
public sealed record DiffOptions
{
    /// <summary>See <see cref="Patches.ObjectPatch.ObjectName"/>.</summary>
    public string ObjectName { get; init; } = "";

    /// <summary>See <see cref="Patches.ObjectPatch.BuildId"/>.</summary>
    public string? BuildId { get; init; }

    /// <summary>Functions whose old bodies the patch carries, so that a profile finds its quiescence points in a stripped program.</summary>
    public ImmutableArray<string> PointNames { get; init; } = [];

    /// <summary>Types whose layout may differ: the author knows that no object of them outlives the change.</summary>
    public ImmutableArray<string> AllowedTypes { get; init; } = [];

    /// <summary>Global functions and variables that other programs or libraries of the same patch need: they come along where they are new, though
    /// nothing of this object needs them.</summary>
    public ImmutableArray<string> WantedNames { get; init; } = [];

    /// <summary>Variables whose initial value may differ: the running program keeps what it has, or a callback of the patch sets them.</summary>
    public ImmutableArray<string> AllowedData { get; init; } = [];
}
