// SPDX-License-Identifier: Apache-2.0
using System.Text;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;
using Xunit;

namespace Wfpatch.Build.Tests.Debian;

/// <summary>The distribution's memcached, from its source package to a patch, for real: apt, dpkg-buildpackage and the network.</summary>
public sealed class DebianBuildTests(MemcachedBuild builds) : IClassFixture<MemcachedBuild>
{
    public static TheoryData<string, string[], string> Patches => new()
    {
        { "version-reply", ["process_command_ascii.part.0"], "VERSION 1.6.18+wfp" },
        { "get-hot-path", ["process_get_command.constprop.0"], "" },
        { "static-function", ["process_lru_crawler_command"], "ERROR unknown lru_crawler command" },
        { "binary-set-crash", ["try_read_command_binary"], "" },
        { "demo", ["process_command_ascii.part.0", "try_read_command_binary"], "VERSION 1.6.18+wfp" },
    };

    [Theory]
    [MemberData(nameof(Patches))]
    public async Task A_source_patch_becomes_a_patch_of_the_installed_program(string name, string[] replaced, string text)
    {
        MemcachedBuild.RequireMemcached();
        var events = new List<BuildEvent>();
        var result = await DebianBuild.RunAsync(builds.Options(MemcachedBuild.PatchFile(name), new Collector(events)), TestContext.Current.CancellationToken);

        Assert.Empty(result.Refusals);
        Assert.Equal(result.Patch!.Id, PatchReader.Decode(result.Bytes, name).Patch!.Id);
        var patch = Assert.Single(result.Patch.Objects);
        Assert.Equal("memcached", patch.ObjectName);
        Assert.Matches("^[0-9a-f]{40}$", patch.BuildId);
        Assert.Equal(replaced, patch.OldFunctions.Where(f => f.Role == OldFunctionRole.Replaced).Select(f => f.Name).Order());
        Assert.Equal(["clock_handler", "event_handler", "thread_libevent_process"], patch.OldFunctions.Where(f => f.Role == OldFunctionRole.Point).Select(f => f.Name).Order());
        Assert.Contains(text, patch.Sections.Where(s => s.Kind == PatchSectionKind.ReadOnlyData).SelectMany(s => Encoding.UTF8.GetString(s.Bytes.Span).Split('\0')).Append(""));
        Assert.All(patch.OldFunctions, f => Assert.Single(InstalledBytes.Find(MemcachedBuild.Program, f)));
        Assert.Contains(events, e => e.Stage == BuildStage.OldBuild);
        Assert.All(events.Where(e => e.LogFile is not null), e => Assert.True(new FileInfo(e.LogFile!).Length > 0, e.Text));
    }

    [Fact]
    public async Task The_second_time_nothing_is_compiled()
    {
        MemcachedBuild.RequireMemcached();
        var first = await DebianBuild.RunAsync(builds.Options(MemcachedBuild.PatchFile("version-reply")), TestContext.Current.CancellationToken);
        var events = new List<BuildEvent>();
        var second = await DebianBuild.RunAsync(builds.Options(MemcachedBuild.PatchFile("version-reply"), new Collector(events)), TestContext.Current.CancellationToken);
        Assert.Equal(first.Bytes.ToArray(), second.Bytes.ToArray());
        Assert.DoesNotContain(events, e => e.Stage is BuildStage.Sources or BuildStage.SourcePatch or BuildStage.NewBuild);
    }

    [Fact]
    public async Task A_patch_that_does_not_apply_or_does_not_compile_is_refused_and_leaves_nothing()
    {
        MemcachedBuild.RequireMemcached();
        using var folder = new TemporaryFolder();
        string original = await File.ReadAllTextAsync(MemcachedBuild.PatchFile("version-reply"), TestContext.Current.CancellationToken);
        string strange = folder.Write("strange.patch", original.Replace("\"VERSION \" VERSION);", "\"NO SUCH LINE\");", StringComparison.Ordinal));
        string broken = folder.Write("broken.patch", original.Replace("VERSION \"+wfp\");", "VERSION \"+wfp\"", StringComparison.Ordinal));
        var first = await DebianBuild.RunAsync(builds.Options(strange), TestContext.Current.CancellationToken);
        Assert.Equal([BuildRefusals.PatchDoesNotApply], first.Refusals.Select(r => r.Kind));
        var second = await DebianBuild.RunAsync(builds.Options(broken), TestContext.Current.CancellationToken);
        Assert.Equal([BuildRefusals.BuildFailed], second.Refusals.Select(r => r.Kind));
        Assert.Contains(".log", second.Refusals[0].Sentence, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(builds.Cache, "work", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_patch_of_what_is_not_compiled_reaches_nothing()
    {
        MemcachedBuild.RequireMemcached();
        using var folder = new TemporaryFolder();
        string idle = folder.Write("idle.patch", "--- a/new-file.txt\n+++ b/new-file.c\n@@ -0,0 +1 @@\n+// nothing\n");
        var result = await DebianBuild.RunAsync(builds.Options(idle), TestContext.Current.CancellationToken);
        Assert.Equal([DiffRefusals.NoDifference], result.Refusals.Select(r => r.Kind));
    }

    [Theory]
    [InlineData(BuildStage.Sources)]
    [InlineData(BuildStage.OldBuild)]
    public async Task Cancelling_refuses_and_leaves_nothing_half_done(BuildStage stage)
    {
        MemcachedBuild.RequireMemcached();
        using var cancel = new CancellationTokenSource();
        using var folder = new TemporaryFolder();
        var options = builds.Options(MemcachedBuild.PatchFile("demo"), new Canceller(cancel, stage)) with { CacheFolder = folder.Path };
        var result = await DebianBuild.RunAsync(options, cancel.Token);
        Assert.Equal([BuildRefusals.Cancelled], result.Refusals.Select(r => r.Kind));
        string[] left = [.. Folders(folder, "builds").SelectMany(d => Directory.EnumerateDirectories(d)), .. Folders(folder, "sources").Where(d => stage == BuildStage.Sources)];
        Assert.Empty(left);
    }

    private static string[] Folders(TemporaryFolder cache, string kind) =>
        Directory.Exists(cache.At(kind)) ? Directory.GetDirectories(cache.At(kind)) : [];

    [Fact]
    public async Task Unknown_packages_and_files_are_refused()
    {
        var options = builds.Options(MemcachedBuild.PatchFile("demo"));
        var unknown = await DebianBuild.RunAsync(options with { Package = "no-such-package-here" }, TestContext.Current.CancellationToken);
        Assert.Equal([BuildRefusals.NotInstalled], unknown.Refusals.Select(r => r.Kind));
        var missing = await DebianBuild.RunAsync(options with { PatchFiles = ["/nowhere.patch"] }, TestContext.Current.CancellationToken);
        Assert.Equal([BuildRefusals.CannotRead], missing.Refusals.Select(r => r.Kind));
    }

    private sealed class Collector(List<BuildEvent> events) : IProgress<BuildEvent>
    {
        public void Report(BuildEvent value) => events.Add(value);
    }

    /// <summary>Cancels when a stage begins to write its log.</summary>
    private sealed class Canceller(CancellationTokenSource cancel, BuildStage stage) : IProgress<BuildEvent>
    {
        public void Report(BuildEvent value)
        {
            if (value.Stage == stage && value.LogFile is not null)
            {
                cancel.Cancel();
            }
        }
    }
}
