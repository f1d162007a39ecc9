// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Debian;
using Wfpatch.Build.Tests.Sources;
using Wfpatch.Core.Patches;
using Xunit;

namespace Wfpatch.Build.Tests.Debian;

/// <summary>memcached in a clean system, for real: mmdebstrap, the network, and a compile that has none.</summary>
public sealed class ChrootTests : IDisposable
{
    private readonly TemporaryFolder _cache = new();

    public void Dispose() => _cache.Dispose();

    [Fact]
    public async Task A_package_is_compiled_in_a_system_of_its_own()
    {
        MemcachedBuild.RequireMemcached();
        SampleProject.Require("mmdebstrap");
        var options = new DebianBuildOptions("memcached", [MemcachedBuild.PatchFile("version-reply")])
        {
            InChroot = true,
            CacheFolder = _cache.Path,
            Common = new BuildOptions { Name = "fix", InstalledMatch = new RunPreInstalledMatch() },
        };
        var result = await DebianBuild.RunAsync(options, TestContext.Current.CancellationToken);
        Assert.Equal(["process_command_ascii.part.0"], SampleProject.Replaced(result));
        Assert.All(result.Patch!.Objects[0].OldFunctions.Where(f => f.Role == OldFunctionRole.Replaced), f => Assert.Single(InstalledBytes.Find(MemcachedBuild.Program, f)));
        // What it compiled belongs to nobody in particular: it did not run as root.
        string built = Directory.EnumerateFiles(_cache.Path, "memcached.o", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(_cache.Path, "memcached-memcached.o", SearchOption.AllDirectories)).First();
        if (Environment.IsPrivilegedProcess)
        {
            SourceTree.Run(_cache.Path, "sh", "-c", $"test $(stat -c %u '{built}') = 65534");
        }
        string root = Directory.GetDirectories(_cache.At("chroots")).Single();
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(root, "build")));
    }
}
