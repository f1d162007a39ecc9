// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Build;

/// <summary>What all three ways of building share.</summary>
public sealed record BuildOptions
{
    /// <summary>The patch's name for people.</summary>
    public required string Name { get; init; }

    /// <summary>Functions that a profile uses as quiescence points; they must be in the old build.</summary>
    public ImmutableArray<string> PointNames { get; init; } = [];

    /// <summary>Types whose layout may differ (<see cref="Core.Diffing.DiffOptions.AllowedTypes"/>).</summary>
    public ImmutableArray<string> AllowedTypes { get; init; } = [];

    /// <summary>File name of the program or library that is meant, where several are changed; null: the only one.</summary>
    public string? ObjectName { get; init; }

    /// <summary>The installed program or library: its build-id goes into the patch. Null: the patch is matched by its bytes alone.</summary>
    public string? InstalledFile { get; init; }

    /// <summary>Compares a finished patch with the installed file; null where nobody does.</summary>
    public IInstalledMatch? InstalledMatch { get; init; }

    public IProgress<BuildEvent>? Progress { get; init; }
}
