// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Testing;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>What a call of a replaced function costs before, in the transition (held open by a stuck thread) and after.</summary>
internal sealed class CallCost : IMeasurement
{
    private const string Ask = "measure 20000000";

    public string Name => "call";

    internal static ImmutableArray<string> Arguments { get; } = ["--profile", TargetSource.Find("callcost").Profile!];

    /// <summary>Makes the patch from version 1 of the target to version 2.</summary>
    internal static async Task<string> BuildPatchAsync(CancellationToken cancel)
    {
        TargetSource source = TargetSource.Find("callcost");
        string file = RepositoryRoot.Combine("out", "bench", "callcost.wfp");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await WfpatchTool.BuildAsync(await source.ObjectsAsync(1, cancel: cancel), await source.ObjectsAsync(2, cancel: cancel), file, ["round_of", "pass_point"], cancel);
        return file;
    }

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        string patch = await BuildPatchAsync(cancel);
        await using TestTarget target = await TestTarget.StartAsync("callcost", new() { Arguments = ["stuck"] }, cancel);
        double before = await NsAsync(target, 1, cancel);
        ToolReport pending = await WfpatchTool.ApplyAsync(patch, target.Id, [.. Arguments, "--timeout", "1s"], cancel);
        if (pending.Result != "pending")
        {
            throw new InvalidOperationException($"apply must be pending while a thread is stuck, and is {pending.Summary}");
        }
        double during = await NsAsync(target, 2, cancel);
        await target.AskAsync("release", cancel);
        (await WfpatchTool.ApplyAsync(patch, target.Id, Arguments, cancel)).OrThrow();
        double after = await NsAsync(target, 2, cancel);
        return
        [
            Cost("a call in transition, more than before", during, before, 1.0),
            Cost("a call afterwards, more than before", after, before, 0.5),
        ];
    }

    private static Figure Cost(string name, double ns, double before, double goal) =>
        new(name, "ns", Math.Round(ns - before, 3), before, "a call before, with its loop", goal, $"{ns:0.000} ns with its loop; best of 11 rounds", [ns]);

    private static async Task<double> NsAsync(TestTarget target, int version, CancellationToken cancel)
    {
        string[] words = (await target.AskAsync(Ask, cancel)).Split(' ');
        return words[^1] == $"{version}"
            ? double.Parse(words[1], CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"version {version} was to be measured, and it is {words[^1]}");
    }
}
