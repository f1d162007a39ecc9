// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Baselines;
using Wfpatch.Lab.Bench;
using Wfpatch.Lab.Demo;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;
using Xunit;

namespace Wfpatch.Lab.Tests.Baselines;

/// <summary>Baselines on the sample server, whose busy threads say which version serves them. A call of its that ended with EINTR would end it.</summary>
public sealed class BaselineTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20), Short = TimeSpan.FromSeconds(2);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Stop")]
    [InlineData("Probe")]
    public async Task A_patch_is_in_force_and_is_taken_back(string kind)
    {
        await using Patched sample = await Patched.StartAsync("--busy", "2", "--pause", "1000");
        for (int cycle = 0; cycle < 2; cycle++)
        {
            BaselineReport apply = await sample.RunAsync("apply", kind, Long);
            Assert.True(apply is { Done: true, Tries: > 0, Threads: > 2 }, apply.ToJson());
            await sample.ExpectBusyThreadsServeAsync(2);
            BaselineReport revert = await sample.RunAsync("revert", kind, Long);
            Assert.True(revert.Done, revert.ToJson());
            await sample.ExpectBusyThreadsServeAsync(1);
        }
        Assert.Equal("", await sample.DifferencesAsync());
    }

    [Fact]
    public async Task A_thread_in_changed_code_keeps_probing_from_its_end_and_all_go_on()
    {
        await using Patched sample = await Patched.StartAsync("--busy", "1", "--stuck");
        BaselineReport apply = await sample.RunAsync("apply", "Probe", Short);
        Assert.True(apply is { Done: false, Tries: > 1 }, apply.ToJson());
        Assert.EndsWith("was in changed code", apply.Why, StringComparison.Ordinal);
        await sample.ExpectBusyThreadsServeAsync(1);
        Assert.Equal("released v1 v1 v1 v1", await sample.Target.AskAsync("release", Cancel));
    }

    [Fact]
    public async Task A_stop_of_all_looks_at_nothing_and_two_versions_meet()
    {
        await using Patched sample = await Patched.StartAsync("--busy", "1", "--stuck");
        BaselineReport apply = await sample.RunAsync("apply", "Stop", Long);
        Assert.True(apply.Done, apply.ToJson());
        await sample.ExpectBusyThreadsServeAsync(2);
        Assert.Equal("released v1 v1 v2 v2", await sample.Target.AskAsync("release", Cancel));
    }

    [Fact]
    public async Task What_was_never_applied_by_the_engine_is_refused()
    {
        string patch = await SampleDemo.BuildPatchAsync(2, Cancel);
        await using TestTarget target = await TestTarget.StartAsync("sample", new() { Arguments = ["--busy", "1"] }, Cancel);
        await using BaselineProcess host = new(target.Id, patch);
        BaselineReport report = await host.RunAsync("apply", BaselineKind.Stop, Short, Cancel);
        Assert.True(report is { Done: false, Tries: 0 }, report.ToJson());
        Assert.True((await host.RunAsync("revert", BaselineKind.Stop, Short, Cancel)).Done);
    }

    /// <summary>A sample that has been patched by the engine once, and taken back: the new code is there.</summary>
    private sealed class Patched(TestTarget target, BaselineProcess host) : IAsyncDisposable
    {
        public TestTarget Target => target;

        public static async Task<Patched> StartAsync(params ImmutableArray<string> arguments)
        {
            string patch = await SampleDemo.BuildPatchAsync(2, Cancel);
            TestTarget target = await TestTarget.StartAsync("sample", new() { Arguments = arguments }, Cancel);
            _ = await WfpatchTool.ApplyAsync(patch, target.Id, [.. SampleDemo.Arguments, "--policy", "points", "--timeout", "300ms"], Cancel); // a stuck thread is not there
            (await WfpatchTool.RevertAsync(target.Id, cancel: Cancel)).OrThrow();
            return new(target, new(target.Id, patch));
        }

        public Task<BaselineReport> RunAsync(string verb, string kind, TimeSpan limit) => host.RunAsync(verb, Enum.Parse<BaselineKind>(kind), limit, Cancel);

        /// <summary>Each has begun a request since, and ends its requests in this version.</summary>
        public async Task ExpectBusyThreadsServeAsync(int version)
        {
            ImmutableArray<SampleThread> before = await BusyAsync();
            for (ImmutableArray<SampleThread> now = before; !now.All(thread => thread.Version == version && thread.Requests > before.Single(b => b.Tid == thread.Tid).Requests + 1); now = await BusyAsync())
            {
                Assert.False(target.Process.HasEnded, target.Process.Errors);
            }
        }

        public async Task<string> DifferencesAsync() =>
            await WfpatchTool.RunAsync(["verify", "--pid", $"{target.Id}"], Cancel) is { Status.IsSuccess: false } verify ? verify.Output + verify.Errors : "";

        public async ValueTask DisposeAsync()
        {
            await host.DisposeAsync();
            await target.DisposeAsync();
        }

        private async Task<ImmutableArray<SampleThread>> BusyAsync() =>
            [.. SampleReport.Parse(await target.AskAsync("report", Cancel)).Threads.Where(thread => thread.Name.StartsWith("busy", StringComparison.Ordinal))];
    }
}
