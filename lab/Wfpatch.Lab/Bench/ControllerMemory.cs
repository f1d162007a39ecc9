// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Lab.Demo;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>The largest resident set of `wfpatch apply` and `wfpatch status`.</summary>
internal sealed class ControllerMemory : IMeasurement
{
    private const string Mark = "peak_kib ";

    public string Name => "memory";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        string patch = await SampleDemo.BuildPatchAsync(2, cancel);
        string peak = await TargetSource.Find("peak").ProgramAsync(cancel: cancel);
        await using TestTarget target = await TestTarget.StartAsync("sample", cancel: cancel);
        double nothing = await MiBAsync(peak, ["true"], cancel);
        double apply = await MiBAsync(peak, [WfpatchTool.Path, "apply", patch, "--pid", $"{target.Id}", "--json", .. SampleDemo.Arguments], cancel);
        double status = await MiBAsync(peak, [WfpatchTool.Path, "status", "--pid", $"{target.Id}", "--json"], cancel);
        return [Memory("apply", apply, nothing), Memory("status", status, nothing)];
    }

    private static Figure Memory(string command, double mib, double nothing) =>
        new($"controller memory, {command}", "MiB", mib, nothing, "the program `true`", null, "largest resident set", [mib]);

    private static async Task<double> MiBAsync(string peak, ImmutableArray<string> command, CancellationToken cancel)
    {
        CommandResult result = (await ChildProcess.RunAsync(new(peak, command), cancel)).OrThrow();
        string last = result.Errors.TrimEnd().Split('\n')[^1];
        return Math.Round(long.Parse(last[Mark.Length..], CultureInfo.InvariantCulture) / 1024.0, 1);
    }
}
