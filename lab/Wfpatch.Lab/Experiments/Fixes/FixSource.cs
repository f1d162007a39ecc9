// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;
using Wfpatch.Lab.Bench;

namespace Wfpatch.Lab.Experiments.Fixes;

/// <summary>Where a server's fixes come from.</summary>
/// <param name="Server">Its name in the lab.</param>
/// <param name="Package">The source package.</param>
internal sealed record FixSource(string Server, string Package)
{
    internal static readonly ImmutableArray<FixSource> All = [new("memcached", "memcached"), new("openldap", "openldap"), new("apache", "apache2"), new("nodejs", "nodejs")];

    /// <summary>Servers whose fixes are not looked at, and why.</summary>
    internal static readonly ImmutableArray<(string Name, string Why)> Missing =
    [
        ("mariadb", "its three patches change no C or C++"),
        ("samba", "its units are compiled by waf, which no dry run tells of"),
    ];

    /// <summary>Each patch of its debian/patches, in their order; by the units that it touches, or, where the package has no recipe, by whole builds.</summary>
    internal IAsyncEnumerable<SeriesFix> RunAsync(IProgress<BuildEvent>? progress, CancellationToken cancel) => UnitRecipes.Find(Package) is { } recipe
        ? UnitSeriesBuild.RunAsync(recipe, null, progress, cancel)
        : DebianSeriesBuild.RunAsync(Package, null, progress, cancel);
}
