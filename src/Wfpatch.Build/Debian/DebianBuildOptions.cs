// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Build.Debian;

/// <summary>What a build from a Debian package needs beside <see cref="BuildOptions"/>.</summary>
/// <param name="Package">Name of the installed binary package.</param>
/// <param name="PatchFiles">Unified diffs against the source of the installed version, applied in this order.</param>
public sealed record DebianBuildOptions(string Package, ImmutableArray<string> PatchFiles)
{
    public required BuildOptions Common { get; init; }

    /// <summary>As <see cref="SourceBuildOptions.EarlierFiles"/>.</summary>
    public ImmutableArray<string> EarlierFiles { get; init; } = [];

    /// <summary>Compile in a minimal system with the source's build dependencies alone, without network and not as root; else on this system.</summary>
    public bool InChroot { get; init; }

    /// <summary>The folder of the series that the first of the patches come from: those that the source has applied already are left out. Null: there is none.</summary>
    public string? SeriesFolder { get; init; }

    /// <summary>Where sources, builds and logs are kept; null: $XDG_CACHE_HOME/wfpatch or ~/.cache/wfpatch.</summary>
    public string? CacheFolder { get; init; }
}
