// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>Several patches of one program: what needs what, in which order they come and go, and a function that is patched twice.</summary>
public sealed class NeededPatchesTests
{
    [Fact]
    public async Task One_that_needs_another_goes_in_above_it_and_keeps_it_there()
    {
        var first = await TestPatches.GetAsync("chain", 1, 2);
        var second = await TestPatches.BuildAmongAsync("chain", 2, 3, replaces: false, first);
        await using var target = await ChainTarget.StartAsync(first, second);
        await ExpectRefusedAsync("WF751", "chain-1-to-2", InProcess.ApplyAsync(target.Id, second));
        await target.ExpectAsync("11 11");
        await InProcess.ApplyAsync(target.Id, first).ExpectAsync(Outcome.Done);
        await ExpectRefusedAsync("WF753", "chain-1-to-2", InProcess.ApplyAsync(target.Id, second, replaces: true));
        await InProcess.ApplyAsync(target.Id, second).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("23 23");
        // A later command, a state that was read from the target.
        await ExpectRefusedAsync("WF752", second.Patch.Name, InProcess.RevertAsync(target.Id, first.Patch.Id));
        await target.ExpectAsync("23 23");
        await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
        await InProcess.RevertAsync(target.Id, first.Patch.Id).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("11 11");
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    /// <summary>The second was built on the first, and says nothing of it; they share no function.</summary>
    [Fact]
    public async Task One_that_nobody_needs_may_go_from_below()
    {
        var (first, second) = (await TestPatches.GetAsync("chain", 1, 2), await TestPatches.GetAsync("chain", 2, 3));
        await using var target = await ChainTarget.StartAsync(first);
        await InProcess.ApplyAsync(target.Id, first).ExpectAsync(Outcome.Done);
        await InProcess.ApplyAsync(target.Id, second).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("23 23");
        await InProcess.RevertAsync(target.Id, first.Patch.Id).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("13 13");
        await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("11 11");
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    /// <summary>The first and the third replace the same function, the second another one that both call.</summary>
    [Fact]
    public async Task Three_in_a_chain_and_one_function_twice()
    {
        var (first, second, third) = (await TestPatches.GetAsync("chain", 1, 2), await TestPatches.GetAsync("chain", 2, 3), await TestPatches.GetAsync("chain", 3, 6));
        await using var target = await ChainTarget.StartAsync(first, second);
        foreach (var (patch, answers) in new[] { (first, "21 21"), (second, "23 23"), (third, "53 53") })
        {
            await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Done);
            await target.ExpectAsync(answers);
        }
        await ExpectRefusedAsync("WF703", "chain-3-to-6", InProcess.RevertAsync(target.Id, first.Patch.Id));
        await InProcess.RevertAsync(target.Id, second.Patch.Id).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("51 51");
        Assert.Equal("chain-1-to-2:current chain-3-to-6:current", await target.StatusAsync());
        await InProcess.RevertAsync(target.Id, third.Patch.Id).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("21 21");
        await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("11 11");
        await target.ExpectNothingButAsync(11, 21, 23, 53, 51);
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    /// <summary>It can be called, and not be replaced but together with what brought it.</summary>
    [Fact]
    public async Task A_function_that_a_patch_has_added_is_no_other_patchs_to_replace()
    {
        var (first, third, all) = (await TestPatches.GetAsync("chain", 1, 5), await TestPatches.GetAsync("chain", 5, 7), await TestPatches.GetAsync("chain", 1, 7));
        await using var target = await ChainTarget.StartAsync(first, all);
        await InProcess.ApplyAsync(target.Id, first).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("51 51");
        await ExpectRefusedAsync("WF755", "third came with chain-1-to-5", InProcess.ApplyAsync(target.Id, third));
        await target.ExpectAsync("51 51");
        await InProcess.ApplyAsync(target.Id, all, replaces: true).ExpectAsync(Outcome.Done);
        await target.ExpectAsync("71 71");
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    private static async Task ExpectRefusedAsync(string code, string named, Task<TransitionReport> command)
    {
        var refused = await command.ExpectAsync(Outcome.Refused);
        Assert.Equal(code, Assert.Single(refused.Refusals).Code);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }
}
