// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Patches;

namespace Wfpatch.Build;

/// <summary>What all three ways of building share.</summary>
public sealed record BuildOptions
{
    /// <summary>The patch's name for people.</summary>
    public required string Name { get; init; }

    /// <summary>What the patch declares.</summary>
    public Consistency Consistency { get; init; }

    /// <summary>Whether it declares that it takes the place of all earlier patches.</summary>
    public bool Replaces { get; init; }

    /// <summary>The patches that must be in force below it, in their order. Then the old build is not what is installed, and whether the patch fits is known in the process alone.</summary>
    public ImmutableArray<RequiredPatch> Requires { get; init; } = [];

    /// <summary>Functions that a profile uses as quiescence points; they must be in the old build.</summary>
    public ImmutableArray<string> PointNames { get; init; } = [];

    /// <summary>File names of the programs and libraries that are meant, where several are changed; empty: the only one. A
    /// library's may lack its version (libx.so for libx.so.1.2). Several give one patch file that changes them all.</summary>
    public ImmutableArray<string> ObjectNames { get; init; } = [];

    /// <summary>Shared libraries alone: programs that the change reaches, too, are left out.</summary>
    public bool LibrariesOnly { get; init; }

    /// <summary>Types whose layout may differ (<see cref="Core.Diffing.DiffOptions.AllowedTypes"/>).</summary>
    public ImmutableArray<string> AllowedTypes { get; init; } = [];

    /// <summary>Variables whose initial value may differ (<see cref="Core.Diffing.DiffOptions.AllowedData"/>).</summary>
    public ImmutableArray<string> AllowedData { get; init; } = [];

    /// <summary>The installed program or library: its build-id goes into the patch. Null: the patch is matched by its bytes alone.</summary>
    public string? InstalledFile { get; init; }

    /// <summary>Compares a finished patch with the installed file; null where nobody does.</summary>
    public IInstalledMatch? InstalledMatch { get; init; }

    public IProgress<BuildEvent>? Progress { get; init; }

    /// <summary>Whether the program or library of that file name may be the target.</summary>
    internal bool IsWanted(string fileName) =>
        (ObjectNames.IsEmpty || ObjectNames.Any(o => fileName == o || fileName.StartsWith(o + ".", StringComparison.Ordinal)))
        && (!LibrariesOnly || fileName.EndsWith(".so", StringComparison.Ordinal) || fileName.Contains(".so.", StringComparison.Ordinal));

    /// <summary>What the differ is told for one program or library.</summary>
    internal DiffOptions ForDiff(string objectName, string? buildId) =>
        new() { ObjectName = objectName, BuildId = buildId, PointNames = PointNames, AllowedTypes = AllowedTypes, AllowedData = AllowedData };

    /// <summary>The one name that a patch without linked programs gets.</summary>
    internal string SingleName => ObjectNames is [var only] ? only : InstalledFile is null ? "" : Path.GetFileName(InstalledFile);
}
