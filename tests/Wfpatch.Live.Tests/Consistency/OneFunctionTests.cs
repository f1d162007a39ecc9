// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Plans;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Audits;
using Wfpatch.Live.Tests.Memcached;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Consistency;

/// <summary>One function is patched, taken back and patched again, many times: nothing of the target grows. `bench cycles --count 10000` does it
/// as often as one has time for.</summary>
public sealed class OneFunctionTests(ITestOutputHelper output)
{
    private const int Cycles = 1000, CyclesToSettle = 20, NoiseKiB = 64;

    private sealed record Size(Footprint Memory, long PageTablesKiB, int Files, int StateBytes, int Redirects, int Images, int Regions);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_cycles_leave_what_twenty_leave()
    {
        var patch = await TestPatches.GetAsync("single");
        await using var target = await PatchableTarget.StartAsync("single", patch);
        Size? settled = null;
        for (int cycle = 1; cycle <= Cycles; cycle++)
        {
            await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Done);
            await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
            settled = cycle == CyclesToSettle ? SizeOf(target.Id) : settled;
        }
        var end = SizeOf(target.Id);
        output.WriteLine($"{settled}\n{end}");
        Assert.InRange(end.Memory.RssKiB, 0, settled!.Memory.RssKiB + NoiseKiB);
        Assert.Equal(settled, end with { Memory = end.Memory with { RssKiB = settled.Memory.RssKiB } });
        await InProcess.ExpectNoDifferenceAsync(target.Id);
        await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Done);
        _ = await target.AskAsync("report", Cancel); // this answer may be of before
        Assert.EndsWith(" latest 2", await target.AskAsync("report", Cancel), StringComparison.Ordinal);
    }

    private static Size SizeOf(int process)
    {
        using var memory = new PatchedMemory(process);
        string tables = File.ReadLines($"/proc/{process}/status").Single(l => l.StartsWith("VmPTE:", StringComparison.Ordinal));
        return new(
            Footprint.Of(process), long.Parse(tables["VmPTE:".Length..].Replace("kB", "", StringComparison.Ordinal)), Directory.GetFiles($"/proc/{process}/fd").Length,
            JournalEncoding.Encode(memory.State, memory.Sequence).Length, memory.State.Redirects.Length, memory.State.Images.Length, memory.State.Regions.Length);
    }
}
