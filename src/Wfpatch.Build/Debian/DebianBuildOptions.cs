// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Build.Debian;

/// <summary>What a build from a Debian package needs beside <see cref="BuildOptions"/>.</summary>
/// <param name="Package">Name of the installed binary package.</param>
/// <param name="PatchFile">A unified diff against the source of the installed version, applied with <c>patch -p1</c>.</param>
public sealed record DebianBuildOptions(string Package, string PatchFile)
{
    public required BuildOptions Common { get; init; }

    /// <summary>Where sources, builds and logs are kept; null: $XDG_CACHE_HOME/wfpatch or ~/.cache/wfpatch.</summary>
    public string? CacheFolder { get; init; }
}
