// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Build;

/// <summary>What a build from a compilation database needs beside <see cref="BuildOptions"/>.</summary>
/// <param name="DatabaseFile">compile_commands.json of the running version's build.</param>
/// <param name="PatchFiles">Unified diffs, applied in this order.</param>
public sealed record CompileCommandsOptions(string DatabaseFile, ImmutableArray<string> PatchFiles)
{
    public required BuildOptions Common { get; init; }

    /// <summary>The folder that the patches are relative to; null: the nearest one above the database that has the files they change.</summary>
    public string? SourceFolder { get; init; }

    /// <summary>Where work and logs are kept; null: $XDG_CACHE_HOME/wfpatch or ~/.cache/wfpatch.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>Patches that are on both sides.</summary>
    internal ImmutableArray<string> Below { get; init; } = [];
}
