// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Build;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Code;

/// <summary>A running tests/targets/pair.c, and the one patch that changes it and its library.</summary>
public sealed class ProgramWithLibrary : IAsyncDisposable
{
    private const string Name = "pair";

    private const string LibraryName = "libpair-library.so.1";

    private readonly TestTarget _target;

    private ProgramWithLibrary(TestTarget target, TestPatch patch, TestLibrary library)
    {
        _target = target;
        Patch = patch;
        Library = library;
    }

    /// <summary>What was counted since the last report.</summary>
    /// <param name="Other">Answers in which the program and the library were of two versions.</param>
    /// <param name="Rounds">How often each thread has asked since it began.</param>
    public sealed record Answers(long Old, long New, long Other, ImmutableArray<long> Rounds);

    public TestPatch Patch { get; }

    public TestLibrary Library { get; }

    public int Id => _target.Id;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<ProgramWithLibrary> StartAsync(bool isLoaded = true)
    {
        var library = await TestLibrary.BuildAsync("pair-library", "-O2");
        var program = await TestPatches.GetAsync(Name);
        var both = await BuildAsync("both");
        return new(await PatchableTarget.StartAsync(Name, isLoaded ? both : program, isLoaded ? [library.Path] : []), both, library);
    }

    /// <summary>The patch of both.</summary>
    public static async Task<TestPatch> BuildAsync(string name, bool replaces = false)
    {
        string[] trees = [await TreeAsync(1), await TreeAsync(2)];
        var result = TreeBuild.Run(trees[0], trees[1], new() { Name = name, ObjectNames = [Name, LibraryName], Replaces = replaces });
        var both = new TestPatch(result.Patch ?? throw new InvalidOperationException(string.Join('\n', result.Refusals)), ScratchFolder.NewFile($"{name}.wfp"));
        await File.WriteAllBytesAsync(both.File, result.Bytes, Cancel);
        return both;
    }

    /// <summary>What a build leaves: the objects, and what is linked of them with its symbols.</summary>
    private static async Task<string> TreeAsync(int version)
    {
        string tree = Path.GetDirectoryName(ScratchFolder.NewFile(Name))!;
        var source = TargetSource.Find(Name);
        var options = new CompileOptions([.. TestLibrary.Flags, "-O2"], version, Stripped: false);
        ImmutableArray<string> sources = [RepositoryRoot.Combine("tests", "targets", "pair-library.c")];
        foreach (string file in (string[])[
            Path.Combine(await source.ObjectsAsync(version, cancel: Cancel), "pair.o"), await source.ProgramAsync(CompileOptions.Debian with { Stripped = false }, Cancel),
            Path.Combine(await Compiler.ObjectsAsync(LibraryName, sources, options, Cancel), "pair-library.o"), await Compiler.LibraryAsync(LibraryName, sources, options, Cancel)])
        {
            File.Copy(file, Path.Combine(tree, Path.GetFileName(file)));
        }
        return tree;
    }

    public async Task OpenAsync() => Assert.Equal("opened", await _target.AskAsync($"open {Library.Path}", Cancel));

    public async Task CloseAsync() => Assert.Equal("closed", await _target.AskAsync("close", Cancel));

    public async Task<Answers> ReportAsync() => (await _target.AskAsync("report", Cancel)).Split(' ') is [var old, var @new, _, var other, _, .. var rounds]
        ? new(Number(old), Number(@new), Number(other), [.. rounds.Select(Number)])
        : throw new InvalidOperationException("no report");

    /// <summary>Requests that had begun before may still end in another version; of those that follow, all are of this one.</summary>
    public async Task ExpectAsync(int version)
    {
        var begun = await ReportAsync();
        await Until.TrueAsync(ReportAsync, now => now.Rounds.Zip(begun.Rounds).All(r => r.First > r.Second + 1));
        var settled = await EnoughAsync();
        Assert.True(settled.Other == 0 && (version == 1 ? settled.New : settled.Old) == 0, $"version {version} is wanted: {settled}");
    }

    public async Task ExpectNoMixtureAsync() => Assert.Equal(0, (await EnoughAsync()).Other);

    private async Task<Answers> EnoughAsync()
    {
        var sum = await ReportAsync();
        _ = await Until.TrueAsync(async () =>
        {
            var more = await ReportAsync();
            return sum = new(sum.Old + more.Old, sum.New + more.New, sum.Other + more.Other, more.Rounds);
        }, all => all.Old + all.New + all.Other > 1000);
        return sum;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    public ValueTask DisposeAsync() => _target.DisposeAsync();
}
