// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Processes;

/// <summary>One command on a program and its workers: each has its own result, and nobody is missed who is forked meanwhile.</summary>
public sealed class ProcessSetTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tree_is_patched_shown_verified_and_taken_back()
    {
        var patch = await TestPatches.GetAsync("lineage");
        await using TestTarget lineage = await PatchableTarget.StartAsync("lineage", patch);
        ImmutableArray<int> all = [lineage.Id, await ForkAsync(lineage, 1), await ForkAsync(lineage, 1)];
        string tree = lineage.Id.ToString(CultureInfo.InvariantCulture);

        var applied = await WfpatchCommand.RunAsync("apply", patch.File, "--tree", tree, "--policy", "stack");
        Assert.Equal("done", applied.Result);
        Assert.Equal(all.Order(), Pids(applied));
        Assert.All(Processes(applied), p => Assert.Equal(1, p.GetProperty("report").GetProperty("generation").GetInt32()));

        // One that is forked from here on carries it.
        all = all.Add(await ForkAsync(lineage, 2));
        await ExpectDoneAsync("status");
        await ExpectDoneAsync("verify");
        await ExpectDoneAsync("apply", patch.File);
        await ExpectDoneAsync("advance"); // nothing is open
        await ExpectDoneAsync("revert");
        await ExpectDoneAsync("revert"); // nothing to take back anywhere
        await ForkAsync(lineage, 1);
        foreach (int process in all)
        {
            Assert.Single((await InProcess.StatusAsync(process)).Generations);
        }

        async Task ExpectDoneAsync(string command, params ImmutableArray<string> more)
        {
            var report = await WfpatchCommand.RunAsync([command, .. more, "--tree", tree]);
            Assert.Equal((command, "done"), (command, report.Result));
            Assert.Equal(all.Order(), Pids(report));
        }
    }

    [Fact]
    public async Task A_worker_that_is_forked_in_the_middle_is_patched_too()
    {
        var patch = await TestPatches.GetAsync("lineage");
        await using TestTarget lineage = await PatchableTarget.StartAsync("lineage", patch);
        var commands = new Commands(new NativeLinux());
        int worker = 0;
        var (results, isStable) = await Task.Run(() => ProcessSet.Run(new ProcessSearch(new(Tree: lineage.Id)).Find, process =>
        {
            // The list has been taken, its parent has no patch yet.
            worker = worker == 0 ? ForkAsync(lineage, 1).GetAwaiter().GetResult() : worker;
            return commands.Apply(process, patch.Patch, new TransitionOptions(Policy.Stack, null, InProcess.Ample, Cancel));
        }), Cancel);

        Assert.True(isStable);
        Assert.Equal([lineage.Id, worker], results.Select(r => r.Process));
        Assert.All(results, r => Assert.True(r.Result.Outcome == Outcome.Done, r.Result.Message));
        Assert.Equal(2, (await InProcess.StatusAsync(worker)).Generations.Length);
    }

    /// <summary>A process whose parent ends hangs below another one from then on; made meanwhile, it is found all the same. Unless somebody outside of the
    /// tree runs the same program, who might have made it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_daemon_that_is_made_in_the_middle_is_patched_too(bool hasRelativeOutside)
    {
        var patch = await TestPatches.GetAsync("lineage");
        await using TestTarget lineage = await PatchableTarget.StartAsync("lineage", patch);
        int? relative = hasRelativeOutside ? await ForkAsync(lineage, 1, "daemon") : null;
        var commands = new Commands(new NativeLinux());
        int daemon = 0;
        var (results, isStable) = await Task.Run(() => ProcessSet.Run(new ProcessSearch(new(Tree: lineage.Id)).Find, process =>
        {
            // The list has been taken, its parent has no patch yet.
            daemon = daemon == 0 ? ForkAsync(lineage, 1, "daemon").GetAwaiter().GetResult() : daemon;
            return commands.Apply(process, patch.Patch, new TransitionOptions(Policy.Stack, null, InProcess.Ample, Cancel));
        }), Cancel);

        Assert.NotEqual(lineage.Id.ToString(CultureInfo.InvariantCulture), new ProcFs(daemon).ReadStatus("PPid"));
        Assert.True(isStable);
        Assert.All(results, r => Assert.True(r.Result.Outcome == Outcome.Done, r.Result.Message));
        Assert.Equal(hasRelativeOutside ? [lineage.Id] : [lineage.Id, daemon], results.Select(r => r.Process));
        Assert.Equal(hasRelativeOutside ? 1 : 2, (await InProcess.StatusAsync(daemon)).Generations.Length);
        Assert.True(relative is not { } other || (await InProcess.StatusAsync(other)).Generations.Length == 1);
    }

    [Fact]
    public async Task If_one_is_refused_none_is_changed()
    {
        var (patch, other) = (await TestPatches.GetAsync("lineage"), await TestPatches.GetAsync("sample"));
        await using TestTarget lineage = await PatchableTarget.StartAsync("lineage", patch);
        await ForkAsync(lineage, 1);
        string tree = lineage.Id.ToString(CultureInfo.InvariantCulture);
        var refused = await WfpatchCommand.RunAsync("apply", other.File, "--tree", tree);
        Assert.Equal("refused", refused.Result);
        Assert.Equal(2, Processes(refused).Length);
        Assert.NotEmpty(refused.Codes);
        Assert.Single((await InProcess.StatusAsync(lineage.Id)).Generations);
        Assert.Equal("usage", (await WfpatchCommand.RunAsync("status", "--tree", tree, "--pid", tree)).Result);
        Assert.Equal("usage", (await WfpatchCommand.RunAsync("apply", patch.File, "--tree", tree, "--canary", "1")).Result);
        Assert.Equal("gone", (await WfpatchCommand.RunAsync("status", "--tree", tree, "--name", "no-such-program")).Result);
    }

    [Fact]
    public async Task Selectors_find_what_fits_all_of_them()
    {
        await using TestTarget one = await TestTarget.StartAsync("single", cancel: Cancel);
        await using TestTarget two = await TestTarget.StartAsync("single", cancel: Cancel);
        var proc = new ProcFs(one.Id);
        string file = proc.ReadExecutable()!, group = proc.ReadCgroups().First();

        Assert.Subset(new ProcessSelector(Name: Path.GetFileName(file)).Find().ToHashSet(), new HashSet<int> { one.Id, two.Id });
        Assert.Subset(new ProcessSelector(Executable: file).Find().ToHashSet(), new HashSet<int> { one.Id, two.Id });
        Assert.Contains(one.Id, new ProcessSelector(Cgroup: group).Find());
        Assert.Subset(new ProcessSelector(Tree: Environment.ProcessId, Executable: file).Find().ToHashSet(), new HashSet<int> { one.Id, two.Id });
        Assert.Equal([one.Id], new ProcessSelector(Tree: one.Id).Find());
        Assert.Empty(new ProcessSelector(Tree: one.Id, Name: "another").Find());
        Assert.Empty(new ProcessSelector(Tree: one.Id, Cgroup: group + "/below").Find());
    }

    private static async Task<int> ForkAsync(TestTarget lineage, int version, string kind = "fork")
    {
        string[] said = (await lineage.AskAsync($"{kind} 0", Cancel)).Split(' ');
        Assert.Equal(("child", $"{version}"), (said[0], said[2]));
        return int.Parse(said[1], CultureInfo.InvariantCulture);
    }

    private static ImmutableArray<JsonElement> Processes(CommandReport report) => [.. report.Document.GetProperty("processes").EnumerateArray()];

    private static IEnumerable<int> Pids(CommandReport report) => Processes(report).Select(p => p.GetProperty("pid").GetInt32()).Order();
}
