// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Servers;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments.Latencies;

/// <summary>`lab latency` in a short form: memcached under load, patched by every method in turn.</summary>
public sealed class LatencyFlowTests(ITestOutputHelper output)
{
    private static readonly LatencyOptions Short = new(Seconds: 1, WindowSeconds: 1.5, PeriodSeconds: 0.5, LimitSeconds: 0.5, Connections: 4, RequestsPerSecond: 400, Seed: 3);

    [Fact]
    public async Task Every_method_patches_or_is_counted_as_failed_and_no_request_is()
    {
        string file = Path.GetTempFileName();
        LatencyRun run;
        try
        {
            run = await LatencyCommand.MeasureAsync(new MemcachedLab(), Short, file, output.WriteLine, TestContext.Current.CancellationToken);
            Assert.Equal(run.Windows.Length, LatencyFile.Read(file).Windows.Length);
        }
        finally
        {
            File.Delete(file);
        }
        output.WriteLine(string.Join('\n', run.Windows.SelectMany(window => window.Patches.Select(patch => $"{window.Method}: {patch}"))));
        Assert.Equal(0, run.Failed);
        Assert.True(run.LongRequests > 0, "nothing took long");
        Assert.Equal(PatchMethods.Names.Order(), run.Windows.Select(window => window.Method).Concat(run.Impossible.Select(impossible => impossible.Method)).Distinct().Order());
        Assert.All(run.Windows.Chunk(2), pair => Assert.Equal((pair[0].Method, false, pair[1].Begin, true), (pair[1].Method, pair[0].IsPatched, Math.Max(pair[1].Begin, pair[0].End), pair[1].IsPatched)));
        Assert.All(run.Windows, window => Assert.NotEmpty(window.Due));
        Assert.All(run.Windows, Check);
    }

    private static void Check(LatencyWindow window)
    {
        Assert.Equal(window.IsPatched && window.Method != "none", window.Patches.Length > 0);
        foreach (PatchAttempt patch in window.Patches)
        {
            Assert.Equal(patch.Done, patch.Why.Length == 0);
            Assert.True(patch.Done || patch.ShownAfter + patch.ShownBefore == 0, $"{patch}");
            // A stop that looks at nothing promises nothing.
            Assert.True(window.Method == "stop" || patch.ShownBefore == 0, $"{window.Method}: {patch}");
        }
    }
}
