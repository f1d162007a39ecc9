// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>Two commands want to change one process. One wins, the other is told by whom.</summary>
public sealed class TwoControllersTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_one_that_comes_second_names_the_first()
    {
        await using var sample = await IdleSample.StartAsync();
        var (taken, _) = ControllerLock.TryTake(sample.Id, new ProcFs(sample.Id).ReadStartTime()!.Value);
        Assert.NotNull(taken);
        using (taken)
        {
            var apply = await WfpatchCommand.RunAsync("apply", sample.Patch.File, "--pid", sample.Pid);
            apply.ExpectFailure("refused", "WF605", sample.Pid, $"Process {Environment.ProcessId} ");
            (await WfpatchCommand.RunAsync("revert", "--pid", sample.Pid)).ExpectFailure("refused", "WF605", $"Process {Environment.ProcessId} ");
            // Looking changes nothing, and is always possible.
            Assert.Equal("done", (await WfpatchCommand.RunAsync("check", sample.Patch.File, "--pid", sample.Pid)).Result);
            Assert.Equal("done", (await WfpatchCommand.RunAsync("status", "--pid", sample.Pid)).Result);
            sample.ExpectUntouched();
        }
        Assert.Equal("done", (await WfpatchCommand.RunAsync("apply", sample.Patch.File, "--pid", sample.Pid)).Result);
    }

    /// <summary>Nobody has an advantage. One changes the process; the other is kept out, or comes so late that nothing is left to do.</summary>
    [Fact]
    public async Task Two_that_start_together_change_it_once()
    {
        var patch = await TestPatches.GetAsync("sample");
        await using var sample = await RunningSample.StartAsync(patch, workers: 1, busy: 2);
        string pid = sample.Id.ToString(CultureInfo.InvariantCulture);
        for (int round = 0; round < 5; round++)
        {
            await ExpectOneAsync(["apply", patch.File, "--pid", pid]);
            await sample.ExpectRepliesOfAsync(2);
            Assert.Equal(2, (await InProcess.StatusAsync(sample.Id)).Generations.Length);
            await InProcess.ExpectNoDifferenceAsync(sample.Id);
            await ExpectOneAsync(["revert", "--pid", pid], "WF702");
            await sample.ExpectRepliesOfAsync(1);
            Assert.Single((await InProcess.StatusAsync(sample.Id)).Generations);
            await InProcess.ExpectNoDifferenceAsync(sample.Id);
        }

        // An apply that finds the patch in force is done.
        static async Task ExpectOneAsync(ImmutableArray<string> command, params ImmutableArray<string> tooLate)
        {
            var reports = await Task.WhenAll(WfpatchCommand.RunAsync(command), WfpatchCommand.RunAsync(command));
            Assert.Contains(reports, r => r.Result == "done");
            Assert.All(reports, r => Assert.True(
                r.Result == "done" ? tooLate.IsEmpty || reports.Count(o => o.Result == "done") == 1 : r.Codes is [var code] && (code == "WF605" || tooLate.Contains(code)),
                r.Command.Output + r.Command.Errors));
        }
    }

    [Fact]
    public async Task A_waiting_apply_keeps_others_out_until_it_is_killed()
    {
        var patch = await TestPatches.GetAsync("stuck");
        await using var stuck = await RunningSample.StartAsync("stuck", patch);
        string pid = stuck.Id.ToString(CultureInfo.InvariantCulture);
        await using (var first = WfpatchCommand.Start("apply", patch.File, "--pid", pid, "--timeout", "5m"))
        {
            string? line;
            do
            {
                line = await first.ReadErrorLineAsync(Cancel);
            }
            while (line is not null && !line.Contains("(in step_lookup)", StringComparison.Ordinal));
            Assert.NotNull(line); // it waits, and says for whom

            var second = await WfpatchCommand.RunAsync("apply", patch.File, "--pid", pid);
            second.ExpectFailure("refused", "WF605", $"Process {first.Id} ");
            CommandReport status;
            do
            {
                status = await WfpatchCommand.RunAsync("status", "--pid", pid);
                Assert.Equal("pending", status.Result);
            }
            while (!status.Command.Output.Contains("\"return_hook\": true", StringComparison.Ordinal));
        }
        // Disposing has killed it. Its return hook outlives it, so that the held thread is in the new version when it returns; the next command goes on from there.
        Assert.Equal("released v1 v1 v2 v2", await stuck.AskAsync("release"));
        Assert.Equal("done", (await WfpatchCommand.RunAsync("apply", patch.File, "--pid", pid)).Result);
        await stuck.ExpectBusyThreadsServeAsync(2);
    }
}
