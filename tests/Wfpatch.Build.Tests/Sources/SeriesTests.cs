// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.SourcePatches;
using Wfpatch.Core.Refusals;
using Xunit;

namespace Wfpatch.Build.Tests.Sources;

/// <summary>The patches of a newer version: those that the source has are left out, and what cannot be added is refused.</summary>
public sealed class SeriesTests : IDisposable
{
    private readonly SampleProject _project = new();
    private readonly TemporaryFolder _newer = new();

    public SeriesTests() => _project.WithMakefile();

    public void Dispose()
    {
        _project.Dispose();
        _newer.Dispose();
    }

    [Fact]
    public async Task What_the_source_has_is_left_out()
    {
        string first = Newer("1.patch", "+ 42", "+ 41");
        Newer("2.patch", "+ 41", "+ 43");
        Newer("sub/3.patch", "+ 43", "+ 44");
        Applied("1.patch", first);
        Series("1.patch\n# what follows is new\n2.patch -p1\n\nsub/3.patch # last\n");
        Assert.Equal(["answer"], SampleProject.Replaced(await BuildAsync()));
    }

    [Fact]
    public async Task Without_patches_of_its_own_all_are_applied()
    {
        Newer("1.patch", "+ 41", "+ 42");
        Newer("2.patch", "+ 42", "+ 43");
        Series("1.patch\n2.patch\n");
        Assert.Equal(["answer"], SampleProject.Replaced(await BuildAsync()));
    }

    [Fact]
    public async Task Nothing_new_is_no_change()
    {
        Applied("1.patch", Newer("1.patch", "+ 42", "+ 41"));
        Series("1.patch\n");
        Assert.Equal([DiffRefusals.NoDifference], (await BuildAsync()).Refusals.Select(r => r.Kind));
    }

    [Theory]
    [InlineData("2.patch\n", "has 2.patch in its place")]
    [InlineData("2.patch\n1.patch\n", "has 2.patch in its place")]
    [InlineData("1.patch\n2.patch\n", "has it in another form")]
    public async Task What_was_taken_out_or_changed_is_refused(string series, string why)
    {
        Newer("1.patch", "+ 40", "+ 41");
        Newer("2.patch", "+ 41", "+ 43");
        Applied("1.patch", Newer("other.patch", "+ 42", "+ 41"));
        Series(series);
        var refusal = Assert.Single((await BuildAsync()).Refusals);
        Assert.Equal((BuildRefusals.PatchDoesNotApply, "1.patch"), (refusal.Kind, refusal.Subject));
        Assert.Contains(why, refusal.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_series_that_is_none_is_refused()
    {
        Assert.Contains("no file named series", PatchSeries.Read(_newer.Path).Refusal!.Sentence, StringComparison.Ordinal);
        Series("none.patch\n");
        Assert.Contains("names none.patch", PatchSeries.Read(_newer.Path).Refusal!.Sentence, StringComparison.Ordinal);
        Series("# nothing\n");
        Assert.Contains("names no patch", PatchSeries.Read(_newer.Path).Refusal!.Sentence, StringComparison.Ordinal);
    }

    private void Series(string text) => _newer.Write("series", text);

    /// <summary>A patch of lib/answer.c in the folder of the newer version.</summary>
    private string Newer(string name, string old, string @new)
    {
        _project.Write("lib/answer.c", SampleProject.Answer.Replace("+ 41", old, StringComparison.Ordinal) + "\n");
        string text = File.ReadAllText(_project.Patch("lib/answer.c", old, @new, "made.patch"));
        _project.Write("lib/answer.c", SampleProject.Answer + "\n");
        return _newer.Write(name, text);
    }

    /// <summary>As dpkg-source leaves it.</summary>
    private void Applied(string name, string file)
    {
        _project.Write($"debian/patches/{name}", File.ReadAllText(file));
        _project.Write(".pc/applied-patches", name + "\n");
    }

    private async Task<BuildResult> BuildAsync()
    {
        var (files, refusal) = PatchSeries.Read(_newer.Path);
        Assert.Null(refusal);
        return await SourceTreeBuild.RunAsync(_project.Options([.. files]) with { SeriesFolder = _newer.Path }, TestContext.Current.CancellationToken);
    }
}
