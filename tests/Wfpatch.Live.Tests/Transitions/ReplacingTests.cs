// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>A patch that takes the place of all others: one transition, after which it is alone.</summary>
public sealed class ReplacingTests
{
    private const int Rounds = 3;

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    /// <summary>Of version 1: the outer of the program, another inner.</summary>
    private static Task<TestPatch> AloneAsync() => TestPatches.BuildAmongAsync("chain", 1, 4, replaces: true);

    private static Task<TestPatch> FirstAsync() => TestPatches.GetAsync("chain", 1, 2);

    private static Task<TestPatch> SecondAsync() => TestPatches.GetAsync("chain", 2, 3);

    [Fact]
    public async Task Functions_go_back_and_over_at_once_and_a_revert_leads_to_the_program()
    {
        var (first, second, alone) = (await FirstAsync(), await SecondAsync(), await AloneAsync());
        await using var target = await ChainTarget.StartAsync(first, alone);
        for (int round = 0; round < Rounds; round++)
        {
            int canary = round % 2;
            await InProcess.ApplyAsync(target.Id, first).ExpectAsync(Outcome.Done);
            await InProcess.ApplyAsync(target.Id, second).ExpectAsync(Outcome.Done);
            await target.ExpectAsync("23 23");
            var tried = await InProcess.ApplyAsync(target.Id, alone, canary: CanaryChoice.Of([target.Threads[canary]])).ExpectAsync(Outcome.Canary);
            Assert.Equal(["inner"], tried.Functions.Select(f => f.Name));
            Assert.Equal(["chain-1-to-2", "chain-2-to-3"], tried.Replaced.Select(p => p.Name));
            await target.ExpectAsync(canary == 0 ? "14 23" : "23 14");
            Assert.Equal("chain-1-to-2:old chain-2-to-3:old chain-1-to-4-alone:new", await target.StatusAsync());
            await InProcess.ExpectNoDifferenceAsync(target.Id);
            var done = await InProcess.AdvanceAsync(target.Id).ExpectAsync(Outcome.Done);
            Assert.Contains("in place of chain-1-to-2 and chain-2-to-3", done.Message, StringComparison.Ordinal);
            await target.ExpectAsync("14 14");
            Assert.Equal("chain-1-to-4-alone:current", await target.StatusAsync());
            Assert.Contains("already in force", (await InProcess.ApplyAsync(target.Id, alone).ExpectAsync(Outcome.Done)).Message, StringComparison.Ordinal);
            await InProcess.ExpectNoDifferenceAsync(target.Id);
            await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
            await target.ExpectAsync("11 11");
            Assert.Equal("", await target.StatusAsync());
            await InProcess.ExpectNoDifferenceAsync(target.Id);
        }
        await target.ExpectNothingButAsync(11, 21, 23, 14);
    }

    [Fact]
    public async Task Turned_round_it_leaves_the_others_as_they_were()
    {
        var (first, second, alone) = (await FirstAsync(), await SecondAsync(), await AloneAsync());
        await using var target = await ChainTarget.StartAsync(first, alone);
        await InProcess.ApplyAsync(target.Id, first).ExpectAsync(Outcome.Done);
        await InProcess.ApplyAsync(target.Id, second).ExpectAsync(Outcome.Done);
        for (int round = 0; round < Rounds; round++)
        {
            await InProcess.ApplyAsync(target.Id, alone, canary: CanaryChoice.Of([target.Threads[0]])).ExpectAsync(Outcome.Canary);
            await target.ExpectAsync("14 23");
            await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
            await target.ExpectAsync("23 23");
            Assert.Equal("chain-1-to-2:current chain-2-to-3:current", await target.StatusAsync());
            await InProcess.ExpectNoDifferenceAsync(target.Id);
        }
        await target.ExpectNothingButAsync(11, 21, 23, 14);
    }

    /// <summary>It does not change that function, but takes it back.</summary>
    [Fact]
    public async Task A_thread_in_a_function_that_goes_back_stays_until_it_has_left_it()
    {
        var (first, alone) = (await FirstAsync(), await AloneAsync());
        await using var target = await ChainTarget.StartAsync(first, alone);
        await InProcess.ApplyAsync(target.Id, first).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("21 21");
        await target.AskAsync("hold");
        var pending = await InProcess.ApplyAsync(target.Id, alone, timeout: Short).ExpectAsync(Outcome.Pending);
        var blocked = pending.Threads.Single(t => t.Path == MigrationPath.Pending);
        Assert.Equal((target.Threads[0], "outer"), (blocked.Id, blocked.Blocker!.Function));
        Assert.Equal("14", await target.AskAsync("second"));
        await target.AskAsync("release");
        await InProcess.AdvanceAsync(target.Id).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("14 14");
        await target.ExpectNothingButAsync(11, 21, 14);
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    [Fact]
    public async Task What_came_at_one_instant_goes_at_one_instant()
    {
        var (first, alone) = (await FirstAsync(), await AloneAsync());
        await using var target = await ChainTarget.StartAsync(first, alone);
        await InProcess.ApplyGlobalAsync(target.Id, first).ExpectAsync(Outcome.Done);
        await ExpectRefusedAsync(target, "WF723", InProcess.ApplyAsync(target.Id, alone, Core.Patches.Consistency.Local));
        await ExpectRefusedAsync(target, "WF722", InProcess.ApplyAsync(target.Id, alone, canary: CanaryChoice.Any(1)));
        await target.ExpectAsync("21 21");
        var done = await InProcess.ApplyAsync(target.Id, alone, consistency: null).ExpectAsync(Outcome.Done);
        Assert.Equal(Core.Patches.Consistency.Global, done.Consistency);
        await target.ExpectAsync("14 14");
        await InProcess.ExpectNoDifferenceAsync(target.Id);
        await InProcess.RevertAsync(target.Id, consistency: null).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("11 11");
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    /// <summary>Of a patch that does not declare it. One that was built on top of what would go does not fit.</summary>
    [Fact]
    public async Task It_may_be_asked_for()
    {
        var (first, plain, onTop) = (await FirstAsync(), await TestPatches.GetAsync("chain", 1, 4), await TestPatches.GetAsync("chain", 2, 5));
        await using var target = await ChainTarget.StartAsync(first, plain);
        await InProcess.ApplyAsync(target.Id, first).ExpectAsync(Outcome.Done);
        var misfit = await InProcess.ApplyAsync(target.Id, onTop, replaces: true).ExpectAsync(Outcome.Refused);
        Assert.All(misfit.Refusals, r => Assert.StartsWith("WF3", r.Code, StringComparison.Ordinal));
        await target.ExpectAsync("21 21");
        await InProcess.ApplyAsync(target.Id, plain, replaces: true).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("14 14");
        Assert.Equal("chain-1-to-4:current", await target.StatusAsync());
        await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
        await InProcess.ApplyAsync(target.Id, plain, canary: CanaryChoice.Any(1)).ExpectAsync(Outcome.Canary);
        await ExpectRefusedAsync(target, "WF754", InProcess.ApplyAsync(target.Id, plain, replaces: true));
        await InProcess.AdvanceAsync(target.Id).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("14 14");
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    /// <summary>A function of one that stays goes nowhere.</summary>
    [Fact]
    public async Task One_that_is_in_force_with_others_is_left_alone()
    {
        var (first, second) = (await FirstAsync(), await SecondAsync());
        await using var target = await ChainTarget.StartAsync(first);
        await InProcess.ApplyAsync(target.Id, first).ExpectAsync(Outcome.Done);
        await InProcess.ApplyAsync(target.Id, second).ExpectAsync(Outcome.Done);
        var report = await InProcess.ApplyAsync(target.Id, first, replaces: true).ExpectAsync(Outcome.Done);
        Assert.Equal(["chain-2-to-3"], report.Replaced.Select(p => p.Name));
        await target.ExpectAsync("21 21");
        Assert.Equal("chain-1-to-2:current", await target.StatusAsync());
        await InProcess.ExpectNoDifferenceAsync(target.Id);
        await target.ExpectNothingButAsync(11, 21, 23);
    }

    private static async Task ExpectRefusedAsync(ChainTarget target, string code, Task<TransitionReport> command)
    {
        var refused = await command.ExpectAsync(Outcome.Refused);
        Assert.Equal(code, Assert.Single(refused.Refusals).Code);
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }
}
