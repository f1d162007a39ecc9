// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Build;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Code;

/// <summary>How often a kind of step was made in each version since the last report, and how often it ever went wrong.</summary>
public sealed record CxxSteps(string Kind, long Old, long New, long Wrong);

/// <summary>A running program of tests/targets/cxx.cc (or another one) and the patch that makes version 2 of it.</summary>
public sealed class CxxProgram : IAsyncDisposable
{
    private CxxProgram(TestTarget target, TestPatch patch)
    {
        Target = target;
        Patch = patch;
    }

    public TestTarget Target { get; }

    public TestPatch Patch { get; }

    public int Id => Target.Id;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Compiler flags of a level: what Debian's packages have, with this -O. Without -fmerge-constants strings have no
    /// identity of their own at -O0, and each function that has one after a new one differs.</summary>
    public static CompileOptions Level(string level) => CompileOptions.Debian with
    {
        Flags = [.. CompileOptions.Debian.Flags.Where(f => f != "-O2" && (level != "-O0" || !f.StartsWith("-D_FORTIFY", StringComparison.Ordinal))), level, "-fmerge-constants"],
    };

    public static async Task<CxxProgram> StartAsync(CompileOptions? options = null, string name = "cxx")
    {
        var compile = options ?? CompileOptions.Debian;
        var patch = await BuildAsync(name, compile);
        return await PatchableTarget.StartAsync(async () => new CxxProgram(await TestTarget.StartAsync(name, new() { Compile = compile }, Cancel), patch), p => p.Id, patch);
    }

    public static async Task<TestPatch> BuildAsync(string program, CompileOptions compile, int from = 1, int to = 2, string? name = null)
    {
        var source = TargetSource.Find(program);
        var result = TreeBuild.Run(await source.ObjectsAsync(from, compile), await source.ObjectsAsync(to, compile), new() { Name = name ?? program });
        var patch = result.Patch ?? throw new InvalidOperationException(string.Join('\n', result.Refusals));
        string file = ScratchFolder.NewFile($"{program}.wfp");
        await File.WriteAllBytesAsync(file, result.Bytes);
        return new(patch, file);
    }

    /// <summary>What was done since the last report. Nothing may have gone wrong, and every object whose life has begun is dead.</summary>
    public async Task<List<CxxSteps>> ReportAsync()
    {
        string[] words = (await Target.AskAsync("report", Cancel)).Split(' ');
        var steps = words[..^2].Chunk(4).Select(w => new CxxSteps(w[0], Number(w[1]), Number(w[2]), Number(w[3]))).ToList();
        Assert.Equal("alive", words[^2]);
        Assert.True(Number(words[^1]) == 0 && steps.All(s => s.Wrong == 0), string.Join(' ', words));
        return steps;
    }

    /// <summary>Waits until each kind of step was made often, in the one version alone.</summary>
    public async Task ExpectOnlyAsync(int version)
    {
        _ = await ReportAsync();
        var made = new Dictionary<string, long>();
        do
        {
            foreach (var step in await ReportAsync())
            {
                Assert.True((version == 1 ? step.New : step.Old) == 0, $"{step.Kind} was made {step.Old} times in version 1 and {step.New} times in version 2");
                made[step.Kind] = made.GetValueOrDefault(step.Kind) + step.Old + step.New;
            }
        }
        while (made.Values.Any(m => m < 50));
    }

    public ValueTask DisposeAsync() => Target.DisposeAsync();

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
