// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using Wfpatch.Build;
using Wfpatch.Build.Debian;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Profiles;
using Wfpatch.Testing;

namespace Wfpatch.Live.Tests.Memcached;

/// <summary>The patches of tests/cases/memcached, built from the source of the installed package; each once, when first asked for.</summary>
public sealed class MemcachedPatches
{
    private readonly ConcurrentDictionary<string, Task<Patch>> _built = [];

    public static Profile Profile { get; } = ShippedProfiles.ForExecutable("memcached")!;

    public static string Folder { get; } = RepositoryRoot.Combine("tests", "cases", "memcached");

    /// <param name="name">Of the file, without its ending.</param>
    public Task<Patch> GetAsync(string name) => _built.GetOrAdd(name, BuildAsync);

    private static async Task<Patch> BuildAsync(string name)
    {
        var common = new BuildOptions
        {
            Name = name,
            PointNames = [.. Profile.Points.Where(p => p.Library.Length == 0).Select(p => p.Function)],
            InstalledMatch = new RunPreInstalledMatch(),
        };
        var result = await DebianBuild.RunAsync(
            new DebianBuildOptions("memcached", [Path.Combine(Folder, name + ".patch")]) { Common = common }, CancellationToken.None);
        Assert.True(result.Patch is not null, string.Join("; ", result.Refusals));
        return result.Patch;
    }
}

/// <summary>Tests with memcached run one after another: they measure its memory and load both processors.</summary>
[CollectionDefinition(Name)]
public sealed class MemcachedTestsGroup : ICollectionFixture<MemcachedPatches>
{
    public const string Name = "memcached";
}
