// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>Threads that are blocked in the kernel are migrated there, and their calls go on as if nothing had been.</summary>
public sealed class BlockedCallTests(ITestOutputHelper output)
{
    /// <summary>Calls whose limit cannot be known or given back, or that may be done in part: threads in them are not stopped. The call as a message names it.</summary>
    private static readonly Dictionary<string, string> NotInterrupted = new()
    {
        ["sigwait-timed"] = "rt_sigtimedwait",
        ["epoll_pwait2-timed"] = "epoll_pwait2",
        ["recv-timed"] = "recvfrom",
        ["semtimedop-timed"] = "semtimedop",
        ["io_getevents-timed"] = "io_getevents",
        ["io_uring-timed"] = "io_uring_enter",
        ["send-timed"] = "sendto",
        ["write_many"] = "write",
        ["writev_many"] = "writev",
        ["sendfile_many"] = "sendfile",
        ["send_many"] = "sendto",
        ["sendmsg_many"] = "sendmsg",
        ["recv_many"] = "recvfrom",
        ["recvmsg_many"] = "recvmsg",
    };

    [Fact]
    public async Task All_that_can_be_restarted_unseen_are_migrated_and_the_others_are_named()
    {
        var patch = await TestPatches.GetAsync("blocked");
        await using var calls = await BlockedCalls.StartAsync(patch, TimeSpan.FromSeconds(4));
        var pending = await InProcess.ApplyAsync(calls.Id, patch, timeout: TimeSpan.FromSeconds(1)).ExpectAsync(Outcome.Pending);

        foreach (var (name, thread) in calls.Threads)
        {
            var report = pending.Threads.Single(t => t.Id == thread);
            var expected = NotInterrupted.ContainsKey(name) ? MigrationPath.Pending : MigrationPath.Outside;
            Assert.Equal((name, expected), (name, report.Path));
            Assert.Equal(NotInterrupted.GetValueOrDefault(name), report.Blocker?.Function);
        }
        var status = await InProcess.StatusAsync(calls.Id);
        Assert.Equal(
            calls.Threads.Where(t => NotInterrupted.ContainsKey(t.Key)).Select(t => (t.Value, NotInterrupted[t.Key])).Order(),
            status.Threads.Where(t => t.Path == MigrationPath.Pending).Select(t => (t.Id, t.Blocker!.Function)).Order());

        foreach (var woken in await calls.AllAsync())
        {
            calls.ExpectUndisturbed(woken);
            Assert.Equal((woken.Name, NotInterrupted.ContainsKey(woken.Name) ? 1 : 2), (woken.Name, woken.Answer));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{woken.Name}: {woken.Waited.TotalMilliseconds:0.0} ms"));
        }
        await InProcess.ApplyAsync(calls.Id, patch).ExpectAsync(Outcome.Done);
    }

    [Fact]
    public async Task Many_visits_lengthen_nothing()
    {
        var patch = await TestPatches.GetAsync("blocked");
        await using var calls = await BlockedCalls.StartAsync(patch, TimeSpan.FromSeconds(15));
        long start = Stopwatch.GetTimestamp();
        int cycles = 0;
        for (; Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(4); cycles++)
        {
            await InProcess.ApplyAsync(calls.Id, patch, timeout: TimeSpan.FromMilliseconds(50)).ExpectAsync(Outcome.Pending);
            await InProcess.StatusAsync(calls.Id);
            await InProcess.RevertAsync(calls.Id).ExpectAsync(Outcome.Done);
        }
        var all = await calls.AllAsync();
        Assert.All(all, calls.ExpectUndisturbed);
        Assert.All(all, woken => Assert.Equal((woken.Name, 1), (woken.Name, woken.Answer)));
        var late = all.Where(w => BlockedCalls.IsTimed(w.Name)).MaxBy(w => w.Waited)!;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"longest: {late.Name}, {late.Waited.TotalMilliseconds:0.0} of 15000 ms, after {cycles} cycles"));
    }

    /// <summary>The target's memory is mapped by one of its threads. Here it has no choice: there is main, which waits for input,
    /// and one other.</summary>
    [Fact]
    public async Task The_only_thread_maps_memory_and_goes_on_with_its_call()
    {
        string[] ways = [.. await AllWaysAsync()];
        Assert.Contains("nanosleep-timed", ways);
        await Parallel.ForEachAsync(ways, new ParallelOptions { MaxDegreeOfParallelism = 12 }, async (way, _) => await MapsMemoryAndGoesOnAsync(way));
    }

    private static async Task<IEnumerable<string>> AllWaysAsync()
    {
        await using TestTarget all = await TestTarget.StartAsync("blocked", cancel: TestContext.Current.CancellationToken);
        return all.Greeting.Select(line => line.Split(' ')[1]);
    }

    private static async Task MapsMemoryAndGoesOnAsync(string way)
    {
        var patch = await TestPatches.GetAsync("blocked");
        await using var calls = await BlockedCalls.StartAsync(patch, TimeSpan.FromSeconds(6), way);
        bool isInterrupted = !NotInterrupted.ContainsKey(way);
        var report = await InProcess.ApplyAsync(calls.Id, patch, timeout: isInterrupted ? null : TimeSpan.FromMilliseconds(20));
        Assert.Equal((way, isInterrupted ? Outcome.Done : Outcome.Pending, ""), (way, report.Outcome, string.Join(' ', report.Refusals)));
        var woken = Assert.Single(await calls.AllAsync());
        calls.ExpectUndisturbed(woken);
        Assert.Equal((way, isInterrupted ? 2 : 1), (way, woken.Answer));
    }
}
