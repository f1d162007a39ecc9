// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Experiments.Overheads;
using Wfpatch.Lab.Servers;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments.Overheads;

/// <summary>`lab overhead` in a short form: memcached under load, patched by each method.</summary>
public sealed class OverheadFlowTests(ITestOutputHelper output)
{
    private static readonly OverheadOptions Short = new(Patches: 2, LimitSeconds: 5, Connections: 4, RequestsPerSecond: 400, Seed: 3);

    [Fact]
    public async Task Every_method_patches_or_says_why_not_and_no_request_fails()
    {
        string file = Path.GetTempFileName();
        OverheadRun run;
        try
        {
            run = await OverheadCommand.MeasureAsync(new MemcachedLab(), Short, file, output.WriteLine, TestContext.Current.CancellationToken);
            Assert.Equal(run.Samples.Length, OverheadRun.Read(file).Samples.Length);
        }
        finally
        {
            File.Delete(file);
        }
        output.WriteLine(string.Join('\n', run.Samples.Select(sample => $"{sample.Method} {sample.Verb}: {sample.TransitionUs} us {sample.Why}")));
        Assert.Equal(0, run.Failed);
        Assert.True(run.Requests > 0, "no load");
        Assert.Equal(Short.Patches, run.Cycles);
        Assert.Equal(
            OverheadMethod.Names.Order(), run.Samples.Where(sample => sample.Verb == "apply").Select(sample => sample.Method).Concat(run.Impossible.Select(impossible => impossible.Method)).Distinct().Order());
        Assert.All(run.Samples, Check);
        Assert.Contains(run.Samples.SelectMany(sample => sample.Threads), thread => thread.Call.Length > 0);
    }

    private static void Check(OverheadSample sample)
    {
        Assert.Equal(sample.Done, sample.Why.Length == 0);
        Assert.True(!sample.Done || (sample.ArmUs > 0 && sample.Missing.IsEmpty && sample.Threads.All(thread => thread.How != "pending")), $"{sample}");
    }
}
