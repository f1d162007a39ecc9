// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Refusals;
using Xunit;

namespace Wfpatch.Build.Tests.Sources;

/// <summary>What can go wrong between a source patch and a patch file, and what is kept for the next time.</summary>
public sealed class SourceTreeBuildTests : IDisposable
{
    private readonly SampleProject _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public async Task Lines_that_move_change_no_other_function()
    {
        _project.WithMakefile();
        string patch = _project.Patch("lib/answer.c", "    return twice(x) + 41;", "    if (x > 5)\n        return 5;\n\n    return twice(x) + 41;");
        Assert.Equal(["answer"], SampleProject.Replaced(await _project.BuildAsync(patch)));
    }

    [Fact]
    public async Task Several_patches_are_applied_in_their_order()
    {
        _project.WithMakefile();
        string first = _project.Patch("lib/answer.c", "+ 41", "+ 42", "1.patch");
        _project.Write("lib/answer.c", SampleProject.Answer.Replace("+ 41", "+ 42", StringComparison.Ordinal) + "\n");
        string second = _project.Patch("lib/answer.c", "+ 42", "+ 43", "2.patch");
        _project.Write("lib/answer.c", SampleProject.Answer + "\n");
        Assert.Equal(["answer"], SampleProject.Replaced(await _project.BuildAsync(first, second)));
        Assert.Equal([BuildRefusals.PatchDoesNotApply], (await _project.BuildAsync(second, first)).Refusals.Select(r => r.Kind));
    }

    /// <summary>A fix that was written for a source with another fix: what the process must look like has that one, and so has what is compared with it.</summary>
    [Fact]
    public async Task Fixes_that_came_earlier_go_into_both_builds()
    {
        _project.WithMakefile();
        string earlier = _project.Patch("lib/answer.c", "+ 41", "+ 42", "1.patch");
        _project.Write("lib/answer.c", SampleProject.Answer.Replace("+ 41", "+ 42", StringComparison.Ordinal) + "\n");
        string fix = _project.Patch("lib/answer.c", "return x + 1", "return x + 2", "2.patch");
        _project.Write("lib/answer.c", SampleProject.Answer + "\n");
        SourceTree.Run(_project.Tree, "make");
        var options = _project.Options(fix) with { EarlierFiles = [earlier] };
        options = options with
        {
            Common = options.Common with
            {
                Requires = [new Core.Patches.RequiredPatch("0123456789abcdef", "first")],
                InstalledFile = Path.Combine(_project.Tree, "server"), InstalledMatch = new RunPreInstalledMatch(), PointNames = ["answer"],
            },
        };
        var result = await SourceTreeBuild.RunAsync(options, TestContext.Current.CancellationToken);
        Assert.Equal(["later"], SampleProject.Replaced(result));
        Assert.Equal(["0123456789abcdef"], result.Patch!.Requires.Select(r => r.Id));
        // lea 42(...), and not 41; what is installed has it not, which is no reason against it.
        var answer = result.Patch.Objects[0].OldFunctions.Single(f => f.Name == "answer");
        Assert.True(answer.Bytes.Span.Contains((byte)42) && !answer.Bytes.Span.Contains((byte)41));
        Assert.Equal(["answer"], Assert.Single(result.Rebuilds).Different.Select(d => d.Name));
        Assert.Equal([BuildRefusals.CannotRead], (await SourceTreeBuild.RunAsync(options with { EarlierFiles = ["none.patch"] }, TestContext.Current.CancellationToken)).Refusals.Select(r => r.Kind));
    }

    [Fact]
    public async Task Link_time_optimisation_is_left_out()
    {
        _project.WithMakefile("-O2 -flto");
        Assert.Equal(["answer"], SampleProject.Replaced(await _project.BuildAsync(_project.Patch("lib/answer.c", "+ 41", "+ 42"))));
    }

    [Theory]
    [InlineData("gcc", "g++")]
    [InlineData("clang", "clang++")]
    [InlineData("x86_64-linux-gnu-gcc", "x86_64-linux-gnu-g++")]
    [InlineData("ccache gcc", "ccache g++")]
    public async Task Compilers_are_watched_under_each_of_their_names(string c, string cxx)
    {
        SampleProject.Require(c.Split(' ')[0]);
        _project.WithMakefile();
        var options = _project.Options(_project.Patch("lib/answer.h", "return 2 * x", "return 3 * x")) with { Make = $"make CC='{c}' CXX='{cxx}'" };
        var result = await SourceTreeBuild.RunAsync(options, TestContext.Current.CancellationToken);
        // clang has no noipa: the member function goes into its caller.
        Assert.Equal(["_ZNK6shapes6Square4areaEv", "answer"], SampleProject.Replaced(result).Remove("area"));
    }

    [Fact]
    public async Task What_was_compiled_in_the_tree_before_is_compiled_anew_in_the_copy()
    {
        _project.WithMakefile();
        SourceTree.Run(_project.Tree, "make");
        var result = await _project.BuildAsync(_project.Patch("lib/answer.c", "+ 41", "+ 42"));
        Assert.Equal(["answer"], SampleProject.Replaced(result));
    }

    [Fact]
    public async Task The_second_patch_compiles_only_what_it_touches_and_the_same_one_nothing()
    {
        _project.WithMakefile();
        Assert.Equal(["server.c", "lib/answer.c", "lib/shape.cc"], await UnitsAsync(_project.Patch("lib/answer.c", "+ 41", "+ 42"), BuildStage.OldBuild));
        string second = _project.Patch("lib/answer.c", "+ 41", "+ 43", "second.patch");
        Assert.Equal([], await UnitsAsync(second, BuildStage.OldBuild));
        Assert.Equal([], await UnitsAsync(second, BuildStage.NewBuild));
    }

    [Fact]
    public async Task A_patch_that_does_not_apply_is_shown()
    {
        _project.WithMakefile();
        string patch = _project.Patch("lib/answer.c", "+ 41", "+ 42");
        _project.Write("lib/answer.c", SampleProject.Answer.Replace("return twice(x) + 41", "return 7", StringComparison.Ordinal) + "\n");
        var refusal = Assert.Single((await _project.BuildAsync(patch)).Refusals);
        Assert.Equal(BuildRefusals.PatchDoesNotApply, refusal.Kind);
        Assert.Contains("hunk 1 of lib/answer.c fails", refusal.Sentence, StringComparison.Ordinal);
        Assert.Contains("-    return twice(x) + 41;", refusal.Sentence, StringComparison.Ordinal);
        string strange = Path.Combine(_project.Tree, "../no.patch");
        await File.WriteAllTextAsync(strange, "nothing\n", TestContext.Current.CancellationToken);
        Assert.Contains("no unified diff", Assert.Single((await _project.BuildAsync(strange)).Refusals).Sentence, StringComparison.Ordinal);
        await File.WriteAllTextAsync(strange, "--- a/none.c\n+++ b/none.c\n@@ -1 +1 @@\n-x\n+y\n", TestContext.Current.CancellationToken);
        Assert.Contains("there is no file none.c", Assert.Single((await _project.BuildAsync(strange)).Refusals).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_that_fails_shows_the_compiler_s_words_and_leaves_nothing()
    {
        _project.WithMakefile();
        var refusal = Assert.Single((await _project.BuildAsync(_project.Patch("lib/answer.c", "+ 41", "+ forty_one"))).Refusals);
        Assert.Equal(BuildRefusals.BuildFailed, refusal.Kind);
        Assert.Contains("error: ‘forty_one’ undeclared", refusal.Sentence.Replace('\'', '‘').Replace("forty_one‘", "forty_one’", StringComparison.Ordinal), StringComparison.Ordinal);
        string log = refusal.Sentence.Split('\n')[0].Split(' ')[^1];
        Assert.Contains("forty_one", await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(["compilers", "old"], Left());
    }

    [Fact]
    public async Task A_full_file_system_is_told()
    {
        _project.WithMakefile(extra: "\nserver: full\nfull:\n\tcat Makefile > /dev/full\n");
        var refusal = Assert.Single((await _project.BuildAsync(_project.Patch("lib/answer.c", "+ 41", "+ 42"))).Refusals);
        Assert.Equal(BuildRefusals.NoSpace, refusal.Kind);
        Assert.Contains("No space left on device", refusal.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_of_comments_changes_nothing()
    {
        _project.WithMakefile();
        var result = await _project.BuildAsync(_project.Patch("lib/answer.c", "+ 41;", "+ 41; /* why */"));
        Assert.Equal([DiffRefusals.NoDifference], result.Refusals.Select(r => r.Kind));
    }

    [Fact]
    public async Task Another_architecture_is_refused()
    {
        _project.WithMakefile(extra: "\nserver: boot.o\nboot.o: boot.c\n\tgcc -m32 -c boot.c -o boot.o\n\tcp lib/answer.o boot2.o\n");
        _project.Write("boot.c", "int boot(void) { return 1; }\n");
        _project.Write("Makefile", (await File.ReadAllTextAsync(Path.Combine(_project.Tree, "Makefile"), TestContext.Current.CancellationToken)).Replace("$^", "server.o lib/answer.o lib/shape.o", StringComparison.Ordinal));
        var refusal = Assert.Single((await _project.BuildAsync(_project.Patch("lib/answer.c", "+ 41", "+ 42"))).Refusals);
        Assert.Equal((FileRefusals.WrongArchitecture, "boot.o"), (refusal.Kind, refusal.Subject));
    }

    [Fact]
    public async Task Trees_and_commands_that_lead_nowhere_are_refused()
    {
        string patch = _project.Patch("lib/answer.c", "+ 41", "+ 42");
        Assert.Equal([BuildRefusals.NoBuildSystem], (await _project.BuildAsync(patch)).Refusals.Select(r => r.Kind));
        _project.WithMakefile();
        Assert.Equal([BuildRefusals.NotWatched], (await BuildAsync(patch, "make CC=/usr/bin/gcc CXX=/usr/bin/g++")).Refusals.Select(r => r.Kind));
        Assert.Equal([BuildRefusals.BuildFailed], (await BuildAsync(patch, "no-such-builder")).Refusals.Select(r => r.Kind));
        Assert.Equal([BuildRefusals.SourceChanged], (await BuildAsync(patch, $"make && touch {_project.Tree}/server.c")).Refusals.Select(r => r.Kind));
        Assert.Equal([BuildRefusals.CannotRead], (await _project.BuildAsync("/nowhere.patch")).Refusals.Select(r => r.Kind));
        var options = _project.Options(patch) with { Folder = _project.At("none") };
        Assert.Equal([BuildRefusals.CannotRead], (await SourceTreeBuild.RunAsync(options, TestContext.Current.CancellationToken)).Refusals.Select(r => r.Kind));
    }

    [Fact]
    public async Task Cancelling_while_it_compiles_leaves_nothing_half_done()
    {
        _project.WithMakefile();
        using var cancel = new CancellationTokenSource();
        var options = _project.Options(_project.Patch("lib/answer.c", "+ 41", "+ 42")) with
        {
            Common = new BuildOptions { Name = "fix", Progress = new EventList(e => { if (e.Unit is not null) { cancel.Cancel(); } }) },
            Make = "make && sleep 600",
        };
        Assert.Equal([BuildRefusals.Cancelled], (await SourceTreeBuild.RunAsync(options, cancel.Token)).Refusals.Select(r => r.Kind));
        Assert.Equal(["compilers"], Left());
        Assert.Equal(["answer"], SampleProject.Replaced(await _project.BuildAsync(options.PatchFiles[0])));
    }

    private string[] Left() => [.. Directory.GetDirectories(Directory.GetDirectories(Path.Combine(_project.Cache, "builds")).Single()).Select(d => Path.GetFileName(d)!).Order()];

    private async Task<BuildResult> BuildAsync(string patch, string make) =>
        await SourceTreeBuild.RunAsync(_project.Options(patch) with { Make = make }, TestContext.Current.CancellationToken);

    private async Task<IEnumerable<string>> UnitsAsync(string patch, BuildStage stage)
    {
        var events = new EventList();
        var options = _project.Options(patch) with { Common = new BuildOptions { Name = "fix", Progress = events }, Make = "make" };
        SampleProject.Replaced(await SourceTreeBuild.RunAsync(options, TestContext.Current.CancellationToken));
        Assert.All(events.All.Where(e => e.Unit is not null).Select((e, i) => (e.Count, i)), n => Assert.True(n.Count > 0));
        return [.. Directory.EnumerateFiles(_project.Cache, "*-build*.log", SearchOption.AllDirectories)
            .Where(f => f.Contains(stage == BuildStage.OldBuild ? "old-build" : "new-build-second", StringComparison.Ordinal) && events.All.Any(e => e.LogFile == f))
            .SelectMany(File.ReadLines).Where(l => !l.StartsWith('$') && l.Contains(" -c ", StringComparison.Ordinal)).Select(l => l.Split(' ')[^1])];
    }
}
