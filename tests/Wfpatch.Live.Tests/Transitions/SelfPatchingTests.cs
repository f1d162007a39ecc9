// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>A program that patches itself (include/wfpatch-self.h), by the backend dispatch. By aspace it does so in kernel/guest/self.</summary>
public sealed class SelfPatchingTests
{
    private const string Program = "self-patching";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Each request is of one version, and when the patcher has waited, of the newest one: workers, and threads that are born and die meanwhile.</summary>
    [Theory]
    [InlineData("local")]
    [InlineData("global")]
    public async Task Workers_go_over_at_their_points(string consistency)
    {
        await using var target = await StartAsync(consistency);
        foreach (int version in (int[])[2, 3, 1, 2, 2, 1])
        {
            Assert.Equal($"patched {version}", await target.AskAsync($"patch {version}", Cancel));
            var before = await ReportAsync(target);
            var after = await Until.TrueAsync(() => ReportAsync(target), r => r.Served > before.Served + 1000 && r.Born > before.Born);
            Assert.Equal((0, 0), (after.Old, after.Mixed));
        }
    }

    [Fact]
    public async Task A_local_switch_lets_others_go_on_while_one_holds_a_request()
    {
        await using var target = await StartAsync("local");
        await HoldAndSwitchAsync(target, "behind 1 waiting 0");
        var before = await ReportAsync(target);
        await Until.TrueAsync(() => ReportAsync(target), r => r.Served > before.Served + 1000 && r.Born > before.Born);
        await ExpectOldRequestAsync(target);
    }

    /// <summary>Three workers and one that was born meanwhile wait for the one that holds.</summary>
    [Fact]
    public async Task A_global_switch_is_a_barrier()
    {
        await using var target = await StartAsync("global");
        await HoldAndSwitchAsync(target, "behind 5 waiting 4");
        var before = await ReportAsync(target);
        Assert.Equal(before, await ReportAsync(target));
        await ExpectOldRequestAsync(target);
        await Until.TrueAsync(() => ReportAsync(target), r => r.Served > before.Served + 1000 && r.Born > before.Born);
    }

    /// <summary>The kernel that the tests run on, whatever it is.</summary>
    [Fact]
    public async Task A_kernel_without_generations_is_told()
    {
        bool isThere = new NativeLinux().QueryView(Environment.ProcessId, out int _) == Errno.Success;
        string program = await TargetSource.Find(Program).ProgramAsync(CompileOptions.Debian, Cancel);
        await using var process = ChildProcess.Start(new(program, ["aspace", "local"]));
        Assert.Equal(isThere ? "ready" : "none", await process.ReadLineAsync(Cancel));
    }

    [Fact]
    public async Task Other_compilers_and_flags_too()
    {
        foreach (string compiler in (string[])["gcc", "clang"])
        {
            var compile = CompileOptions.Debian with { Compiler = compiler, Flags = [.. CompileOptions.Debian.Flags, "-O0", "-U_FORTIFY_SOURCE"] };
            await using var target = await TestTarget.StartAsync(Program, new TargetOptions { Compile = compile, Arguments = ["dispatch", "local"] }, Cancel);
            Assert.Equal("patched 2", await target.AskAsync("patch 2", Cancel));
            await ExpectSoundAsync(target);
        }
    }

    private static Task<TestTarget> StartAsync(string consistency) =>
        TestTarget.StartAsync(Program, new TargetOptions { Arguments = ["dispatch", consistency] }, Cancel);

    private static async Task HoldAndSwitchAsync(TestTarget target, string behind)
    {
        Assert.Equal("holding", await target.AskAsync("hold", Cancel));
        Assert.Equal("switched", await target.AskAsync("switch 2", Cancel));
        await Until.TrueAsync(() => target.AskAsync("behind", Cancel), answer => answer == behind);
    }

    /// <summary>What the old code began it ends; then all are in the new one.</summary>
    private static async Task ExpectOldRequestAsync(TestTarget target)
    {
        Assert.Equal("went 1 1", await target.AskAsync("go", Cancel));
        Assert.Equal("patched", await target.AskAsync("rest", Cancel));
        await ExpectSoundAsync(target);
    }

    private static async Task ExpectSoundAsync(TestTarget target)
    {
        var report = await ReportAsync(target);
        Assert.Equal((0, 0), (report.Old, report.Mixed));
    }

    private static async Task<SelfPatchingReport> ReportAsync(TestTarget target) => SelfPatchingReport.Parse(await target.AskAsync("report", Cancel));
}
