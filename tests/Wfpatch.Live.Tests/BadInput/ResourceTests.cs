// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>Memory is short, or is not what it seems: the command says so before it writes anything; and where it does not matter, it goes on.</summary>
public sealed class ResourceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_address_space_is_limited()
    {
        await using TestTarget target = await StartAsync();
        await LimitAsync(target, $"--as={new ProcFs(target.Id).ReadSize("VmSize") + (1 << 20)}:"); // the soft limit
        await ExpectRefusedAsync(target, "WF661", "address space");
        await LimitAsync(target, "--as=unlimited:");
        await ExpectPatchedAsync(target);
    }

    [Fact]
    public async Task All_memory_is_locked_and_no_more_may_be()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can lock all memory");
        await using TestTarget target = await StartAsync();
        Assert.Equal("ok", await target.AskAsync("lock", Cancel));
        await ExpectRefusedAsync(target, "WF662", "locked");
        Assert.Equal("ok", await target.AskAsync("raise", Cancel));
        await ExpectPatchedAsync(target);
    }

    /// <summary>The kernel does not show that what is mapped from now on is locked, where something that was there before is not: it refuses the mapping.</summary>
    [Fact]
    public async Task What_comes_is_locked_and_that_cannot_be_seen()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can lock all memory");
        var patch = await TestPatches.GetAsync("resources");
        await using TestTarget target = await StartAsync();
        Assert.Equal("ok", await target.AskAsync("lock all but one", Cancel));
        await InProcess.CheckAsync(target.Id, patch).ExpectAsync(Outcome.Done);
        string maps = await File.ReadAllTextAsync($"/proc/{target.Id}/maps", Cancel);
        var report = await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Refused);
        Assert.Equal("WF610", Assert.Single(report.Refusals).Code);
        Assert.Contains("limit", report.Message, StringComparison.Ordinal);
        Assert.Equal(maps, await File.ReadAllTextAsync($"/proc/{target.Id}/maps", Cancel));
        Assert.Equal("answer 1", await target.AskAsync("answer", Cancel));
        Assert.Equal("ok", await target.AskAsync("raise", Cancel));
        await ExpectPatchedAsync(target);
    }

    /// <summary>New variables are data.</summary>
    [Fact]
    public async Task Data_is_limited()
    {
        var patch = await TestPatches.GetAsync("resources", 1, 3);
        await using TestTarget target = await PatchableTarget.StartAsync("resources", patch);
        await LimitAsync(target, $"--data={new ProcFs(target.Id).ReadSize("VmData")}:");
        await ExpectRefusedAsync(target, "WF667", "data", patch);
        await LimitAsync(target, "--data=unlimited:");
        await ExpectPatchedAsync(target, patch, 3);
    }

    /// <summary>A patch without new variables has no data; a core file holds our mappings like others; stacks are none of ours.</summary>
    [Theory]
    [InlineData("--data=4096:")]
    [InlineData("--core=0:0")]
    [InlineData("--stack=16384:")]
    public async Task A_limit_of_something_else_is_no_obstacle(string limit)
    {
        await using TestTarget target = await StartAsync();
        await LimitAsync(target, limit);
        await ExpectPatchedAsync(target);
    }

    [Fact]
    public async Task The_spare_word_of_a_thread_is_in_use()
    {
        await using TestTarget target = await StartAsync();
        Assert.Equal("ok", await target.AskAsync("word 7", Cancel));
        await ExpectRefusedAsync(target, "WF602", $"thread {target.Id}");
        Assert.Equal("ok", await target.AskAsync("word 0", Cancel));
        await ExpectPatchedAsync(target);
    }

    [Fact]
    public async Task There_are_as_many_mappings_as_there_may_be()
    {
        await using TestTarget target = await StartAsync();
        Assert.Equal("ok", await target.AskAsync("split", Cancel));
        await ExpectRefusedAsync(target, "WF663", "mappings");
    }

    [Fact]
    public async Task The_control_group_has_no_memory_left()
    {
        const string Legacy = "/sys/fs/cgroup/memory", Unified = "/sys/fs/cgroup";
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can make a control group");
        var (root, limit) = Directory.Exists(Legacy) ? (Legacy, "memory.limit_in_bytes") : (Unified, "memory.max");
        string group = Path.Combine(root, $"wfpatch-test-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(group);
        }
        catch (IOException e)
        {
            Assert.Skip($"no control group can be made here: {e.Message}");
        }
        try
        {
            Assert.SkipUnless(File.Exists(Path.Combine(group, limit)), "control groups have no memory controller here");
            await using TestTarget target = await StartAsync();
            Assert.Equal("answer 1", await target.AskAsync("answer", Cancel)); // so that it needs no memory later
            await File.WriteAllTextAsync(Path.Combine(group, "cgroup.procs"), $"{target.Id}", Cancel);
            await File.WriteAllTextAsync(Path.Combine(group, limit), $"{192 << 10}", Cancel);
            await ExpectRefusedAsync(target, "WF664", Path.GetFileName(group));
            await File.WriteAllTextAsync(Path.Combine(group, limit), $"{64 << 20}", Cancel);
            await ExpectPatchedAsync(target);
        }
        finally
        {
            await Until.TrueAsync(() => File.ReadAllText(Path.Combine(group, "cgroup.procs")).Length == 0);
            Directory.Delete(group);
        }
    }

    [Fact]
    public async Task A_program_handles_the_page_faults_of_a_stack()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "userfaultfd may be root's alone");
        await using TestTarget target = await StartAsync();
        Assert.Equal("ok", await target.AskAsync("faults stack", Cancel));
        await ExpectRefusedAsync(target, "WF665", "userfaultfd");
    }

    [Fact]
    public async Task Another_process_runs_in_the_same_memory()
    {
        await using TestTarget target = await StartAsync();
        Assert.Equal("ok", await target.AskAsync("share", Cancel));
        await ExpectRefusedAsync(target, "WF666", "runs in the memory");
    }

    [Fact]
    public async Task A_thread_runs_on_the_control_block_of_another_one()
    {
        await using TestTarget target = await StartAsync();
        Assert.Equal("ok", await target.AskAsync("borrow", Cancel));
        await ExpectRefusedAsync(target, "WF668", $"on that of thread {target.Id}");
        Assert.Equal("ok", await target.AskAsync("give back", Cancel));
        await ExpectPatchedAsync(target);
    }

    /// <summary>Page faults of other memory; memory that is never writable and executable.</summary>
    [Theory]
    [InlineData("faults heap")]
    [InlineData("mdwe")]
    public async Task What_does_not_matter_is_no_obstacle(string command)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "userfaultfd may be root's alone");
        await using TestTarget target = await StartAsync();
        Assert.SkipUnless(await target.AskAsync(command, Cancel) == "ok", "the kernel does not have it");
        await ExpectPatchedAsync(target);
    }

    /// <summary>Generated code has no unwind tables: a thread in it stays until it comes out, and the others go on.</summary>
    [Fact]
    public async Task A_thread_runs_generated_code()
    {
        var patch = await TestPatches.GetAsync("resources");
        await using TestTarget target = await StartAsync();
        Assert.Equal("ok", await target.AskAsync("generate", Cancel));
        var report = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack, TimeSpan.FromSeconds(1)).ExpectAsync(Outcome.Pending);
        Assert.Single(report.Threads, t => t.Blocker is not null);
        Assert.Equal("answer 2", await target.AskAsync("answer", Cancel));
        Assert.Equal("ok", await target.AskAsync("leave", Cancel));
        await InProcess.ApplyAsync(target.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    private static async Task<TestTarget> StartAsync() => await PatchableTarget.StartAsync("resources", await TestPatches.GetAsync("resources"));

    private static async Task LimitAsync(TestTarget target, string limit) =>
        (await ChildProcess.RunAsync(CommandLine.Of("prlimit", "--pid", $"{target.Id}", limit), Cancel)).OrThrow();

    private static async Task ExpectRefusedAsync(TestTarget target, string code, string says, TestPatch? patch = null)
    {
        patch ??= await TestPatches.GetAsync("resources");
        string pid = target.Id.ToString(CultureInfo.InvariantCulture), maps = await File.ReadAllTextAsync($"/proc/{pid}/maps", Cancel);
        foreach (string command in (ImmutableArray<string>)["check", "apply"])
        {
            (await WfpatchCommand.RunAsync(command, patch.File, "--pid", pid)).ExpectFailure("refused", code, pid, says);
        }
        Assert.Equal(maps, await File.ReadAllTextAsync($"/proc/{pid}/maps", Cancel));
        Assert.Equal("answer 1", await target.AskAsync("answer", Cancel));
    }

    private static async Task ExpectPatchedAsync(TestTarget target, TestPatch? patch = null, int version = 2)
    {
        patch ??= await TestPatches.GetAsync("resources");
        await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Done);
        Assert.Equal($"answer {version}", await target.AskAsync("answer", Cancel));
        await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
        Assert.Equal("answer 1", await target.AskAsync("answer", Cancel));
    }
}
