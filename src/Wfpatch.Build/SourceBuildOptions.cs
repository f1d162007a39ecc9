// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Build;

/// <summary>What a build from a source tree needs beside <see cref="BuildOptions"/>.</summary>
/// <param name="Folder">The source of the running version. It is copied, never changed.</param>
/// <param name="PatchFiles">Unified diffs, applied in this order.</param>
public sealed record SourceBuildOptions(string Folder, ImmutableArray<string> PatchFiles)
{
    public required BuildOptions Common { get; init; }

    /// <summary>Unified diffs of fixes that the running process has by earlier patches: they are part of both builds, and applied first.</summary>
    public ImmutableArray<string> EarlierFiles { get; init; } = [];

    /// <summary>What prepares the build, once, by sh(1) in the tree; null: what the tree's build system needs.</summary>
    public string? Configure { get; init; }

    /// <summary>What builds, twice, by sh(1) in the tree; null: what the tree's build system needs.</summary>
    public string? Make { get; init; }

    /// <summary>The folder of the series that the first of the patches come from: those that the source has applied already are left out. Null: there is none.</summary>
    public string? SeriesFolder { get; init; }

    /// <summary>Where builds and logs are kept; null: $XDG_CACHE_HOME/wfpatch or ~/.cache/wfpatch.</summary>
    public string? CacheFolder { get; init; }
}
