// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Refusals;
using Xunit;

namespace Wfpatch.Build.Tests.Sources;

/// <summary>Where a rebuild is not what is installed, it says in which functions, and whether that matters for the patch.</summary>
public sealed class RebuildReportTests : IDisposable
{
    private readonly SampleProject _project = new();
    private readonly TemporaryFolder _installed = new();

    public void Dispose()
    {
        _project.Dispose();
        _installed.Dispose();
    }

    [Fact]
    public async Task The_same_build_is_all_there()
    {
        var report = Assert.Single((await BuildAsync("x < 7000", "lib/answer.c", "+ 41", "+ 42")).Rebuilds);
        Assert.Empty(report.Different);
        Assert.Equal(("server", 5), (report.ObjectName, report.Functions));
        Assert.Contains("5 of 5 functions of the build are as in ", report.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_function_that_differs_does_not_matter()
    {
        var result = await BuildAsync("x < 7001", "lib/answer.c", "+ 41", "+ 42");
        Assert.Equal(["answer"], SampleProject.Replaced(result));
        var report = Assert.Single(result.Rebuilds);
        Assert.Equal("later", Assert.Single(report.Different).Name);
        Assert.Empty(report.Touched);
        Assert.Contains("1 differ, none of them is touched by this patch: later (", report.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_function_that_is_patched_does_and_is_refused()
    {
        var result = await BuildAsync("x < 7001", "lib/answer.c", "return x + 1", "return x + 2");
        Assert.Null(result.Patch);
        Assert.Equal([MatchRefusals.FunctionNotFound], result.Refusals.Select(r => r.Kind));
        var report = Assert.Single(result.Rebuilds);
        Assert.Equal(["later"], report.Touched);
        Assert.Contains("this patch needs later of them", report.Sentence, StringComparison.Ordinal);
    }

    /// <param name="condition">What the installed program asserts.</param>
    private async Task<BuildResult> BuildAsync(string condition, string file, string old, string @new)
    {
        _project.WithMakefile();
        SourceTree.Run(_project.Tree, "sh", "-c", $"cp -r . '{_installed.At("built")}' && cd '{_installed.At("built")}' && sed -i 's/x < 7000/{condition}/' lib/answer.c && make -s && strip server");
        var common = new BuildOptions { Name = "fix", InstalledFile = Path.Combine(_installed.At("built"), "server"), InstalledMatch = new RunPreInstalledMatch() };
        return await SourceTreeBuild.RunAsync(_project.Options(_project.Patch(file, old, @new)) with { Common = common }, TestContext.Current.CancellationToken);
    }
}
