// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Debian;
using Xunit;

namespace Wfpatch.Build.Tests.Debian;

/// <summary>Builds of the installed memcached, in a cache that starts empty and goes with the tests.</summary>
public sealed class MemcachedBuild : IDisposable
{
    public const string Program = "/usr/bin/memcached";

    private readonly TemporaryFolder _cache = new();

    public string Cache => _cache.Path;

    public static string PatchFile(string name) => SourceTree.Path("tests/cases/memcached", name + ".patch");

    public DebianBuildOptions Options(string patchFile, IProgress<BuildEvent>? progress = null) => new("memcached", [patchFile])
    {
        CacheFolder = Cache,
        Common = new BuildOptions
        {
            Name = Path.GetFileNameWithoutExtension(patchFile),
            PointNames = ["event_handler", "clock_handler", "thread_libevent_process"],
            Progress = progress,
        },
    };

    public void Dispose() => _cache.Dispose();

    public static void RequireMemcached()
    {
        if (!File.Exists(Program))
        {
            Assert.Skip("memcached is not installed");
        }
    }
}
