// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Testing;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>One function, patched and taken back as often as is asked for: nothing fails, nothing of the target grows.</summary>
internal sealed class OneFunctionCycles(BenchLimits limits) : IMeasurement
{
    private const string Program = "single";
    private const int CyclesToSettle = 10;

    public string Name => "cycles";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        TargetSource source = TargetSource.Find(Program);
        string patch = RepositoryRoot.Combine("out", "bench", $"{Program}.wfp");
        Directory.CreateDirectory(Path.GetDirectoryName(patch)!);
        await WfpatchTool.BuildAsync(await source.ObjectsAsync(1, cancel: cancel), await source.ObjectsAsync(2, cancel: cancel), patch, cancel: cancel);
        await using TestTarget target = await TestTarget.StartAsync(Program, cancel: cancel);
        TargetSize early = default;
        int earlyFiles = 0;
        long began = Stopwatch.GetTimestamp();
        PatchCycles cycles = new(target.Id, patch, []);
        while (cycles.Count < limits.Count)
        {
            if (await cycles.RunAsync(cancel) is { } failure)
            {
                throw new InvalidOperationException(failure);
            }
            if (cycles.Count <= CyclesToSettle)
            {
                (early, earlyFiles) = (TargetSize.Of(target.Id), Files(target.Id));
            }
        }
        TargetSize grown = TargetSize.Of(target.Id) - early;
        double each = Stopwatch.GetElapsedTime(began).TotalMilliseconds / limits.Count;
        return
        [
            new("cycles of one function", "", limits.Count, null, "", null, $"apply and revert, {each:f1} ms each", []),
            Figure.MustBeZero("cycles: growth of memory", grown.ResidentKiB + grown.MappedKiB, $"KiB since cycle {CyclesToSettle}; code {grown.CodeKiB}, page tables {grown.PageTablesKiB}, mapped {grown.MappedKiB}"),
            Figure.MustBeZero("cycles: growth of files", Files(target.Id) - earlyFiles, "open files of the target"),
        ];
    }

    private static int Files(int pid) => Directory.GetFiles($"/proc/{pid}/fd").Length;
}
