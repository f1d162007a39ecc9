// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>Callbacks of a patch (include/wfpatch-patch.h): each is called once, by a thread at its own point, and nothing of that thread is disturbed.</summary>
public sealed class CallbackTests
{
    private const int Cycles = 20;

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_is_called_once_at_its_time_and_registers_are_kept()
    {
        await using var target = await StartAsync();
        var patch = await TestPatches.GetAsync("callbacks");
        for (ulong cycle = 1; cycle <= Cycles; cycle++)
        {
            await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Done);
            var applied = await CallbackReport.OfAsync(target);
            Assert.Equal([cycle, cycle, cycle - 1, cycle - 1], applied.Called);
            Assert.Equal(20, applied.Limit);
            await InProcess.ExpectNoDifferenceAsync(target.Id);
            await InProcess.RevertAsync(target.Id, policy: Policy.Explicit).ExpectAsync(Outcome.Done);
            var reverted = await CallbackReport.OfAsync(target);
            Assert.Equal([cycle, cycle, cycle, cycle], reverted.Called);
            Assert.Equal(10, reverted.Limit);
            // Before apply and after revert its thread is in the version before, else in the new one.
            Assert.Equal([1UL, 2UL, 2UL, 1UL], reverted.CalledIn);
            await InProcess.ExpectNoDifferenceAsync(target.Id);
        }
        var end = await CallbackReport.OfAsync(target);
        Assert.Equal((0, 0), (end.Broken, end.Early));
    }

    [Fact]
    public async Task A_pre_apply_that_says_no_leaves_everything_as_it_was()
    {
        await using var target = await StartAsync();
        var patch = await TestPatches.GetAsync("callbacks");
        await target.AskAsync("refuse -12", Cancel);
        for (ulong time = 1; time <= 3; time++)
        {
            var refused = await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Refused);
            Assert.Equal("WF742", Assert.Single(refused.Refusals).Code);
            Assert.Contains("returned -12", refused.Message, StringComparison.Ordinal);
            var report = await CallbackReport.OfAsync(target);
            Assert.Equal([time, 0UL, 0UL, 0UL], report.Called);
            Assert.Equal((0, 10), (report.New, report.Limit));
            await InProcess.ExpectNoDifferenceAsync(target.Id);
            Assert.Equal(0, (await InProcess.StatusAsync(target.Id)).Generations.Count(g => g.Patch == patch.Patch.Id));
        }
        await target.AskAsync("refuse 0", Cancel);
        await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Done);
        Assert.Equal(0, (await CallbackReport.OfAsync(target)).Broken);
    }

    [Fact]
    public async Task Nobody_comes_by_a_point_so_the_command_ends_as_pending_and_later_goes_on()
    {
        await using var target = await StartAsync();
        var patch = await TestPatches.GetAsync("callbacks");
        await target.AskAsync("park", Cancel);
        var pending = await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit, Short).ExpectAsync(Outcome.Pending);
        Assert.Contains("pre-apply callback of callbacks-1-to-2 has not been called", pending.Message, StringComparison.Ordinal);
        Assert.Contains("pre-apply", (await InProcess.StatusAsync(target.Id)).Message, StringComparison.Ordinal);
        await InProcess.ExpectNoDifferenceAsync(target.Id);

        // Without a controller it is called when somebody comes by; nothing else happens by it.
        await target.AskAsync("go", Cancel);
        await Until.TrueAsync(() => CallbackReport.OfAsync(target), r => r.Called[0] == 1);
        await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Done);
        var report = await CallbackReport.OfAsync(target);
        Assert.Equal([1UL, 1UL, 0UL, 0UL], report.Called);
        Assert.Equal((0, 0), (report.Broken, report.Early));

        await target.AskAsync("park", Cancel);
        await InProcess.RevertAsync(target.Id, policy: Policy.Explicit, timeout: Short).ExpectAsync(Outcome.Pending);
        await target.AskAsync("go", Cancel);
        await InProcess.RevertAsync(target.Id, policy: Policy.Explicit).ExpectAsync(Outcome.Done);
        Assert.Equal([1UL, 1UL, 1UL, 1UL], (await CallbackReport.OfAsync(target)).Called);
    }

    [Fact]
    public async Task What_nobody_has_called_yet_can_be_taken_back_and_asked_for_again()
    {
        await using var target = await StartAsync();
        var patch = await TestPatches.GetAsync("callbacks");
        for (int time = 0; time < 3; time++)
        {
            await target.AskAsync("park", Cancel);
            await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit, Short).ExpectAsync(Outcome.Pending);
            await InProcess.RevertAsync(target.Id, policy: Policy.Explicit).ExpectAsync(Outcome.Done);
            await target.AskAsync("go", Cancel);
            await ComeByAsync(target);
            Assert.Equal([0UL, 0UL, 0UL, 0UL], (await CallbackReport.OfAsync(target)).Called);
            await InProcess.ExpectNoDifferenceAsync(target.Id);
        }
        await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Done);
        Assert.Equal([1UL, 1UL, 0UL, 0UL], (await CallbackReport.OfAsync(target)).Called);
    }

    [Fact]
    public async Task A_callback_that_takes_long_holds_nobody_up_and_is_named()
    {
        await using var target = await StartAsync();
        var patch = await TestPatches.GetAsync("callbacks");
        await target.AskAsync("hold", Cancel);
        var pending = await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit, Short).ExpectAsync(Outcome.Pending);
        Assert.Matches("pre-apply callback .* is running in thread [0-9]+ busy-[01]", pending.Message);
        await ComeByAsync(target);
        // Whoever wants to take it back has to wait, too.
        await InProcess.RevertAsync(target.Id, policy: Policy.Explicit, timeout: Short).ExpectAsync(Outcome.Pending);
        // A child has that callback in its memory and nobody who runs it.
        int child = int.Parse((await target.AskAsync("fork", Cancel))["child ".Length..], CultureInfo.InvariantCulture);
        var lost = await InProcess.ApplyAsync(child, patch, Policy.Explicit, Short).ExpectAsync(Outcome.Refused);
        Assert.Equal("WF744", Assert.Single(lost.Refusals).Code);
        await InProcess.RevertAsync(child, policy: Policy.Explicit).ExpectAsync(Outcome.Done);
        await InProcess.ExpectNoDifferenceAsync(child);

        await target.AskAsync("free", Cancel);
        await InProcess.RevertAsync(target.Id, policy: Policy.Explicit).ExpectAsync(Outcome.Done);
        var report = await CallbackReport.OfAsync(target);
        // What pre-apply did is undone by post-revert.
        Assert.Equal([1UL, 0UL, 0UL, 1UL], report.Called);
        Assert.Equal((0, 0, 10), (report.Broken, report.New, report.Limit));
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    [Fact]
    public async Task Canaries_follow_the_callback_that_comes_first_and_the_last_one_follows_all()
    {
        await using var target = await StartAsync();
        var patch = await TestPatches.GetAsync("callbacks");
        for (ulong time = 1; time <= 3; time++)
        {
            await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit, canary: Migrations.CanaryChoice.Any(1)).ExpectAsync(Outcome.Canary);
            Assert.Equal([time, (time - 1) / 2, (time - 1) / 2, time - 1], (await CallbackReport.OfAsync(target)).Called);
            if (time % 2 == 0)
            {
                await InProcess.AdvanceAsync(target.Id).ExpectAsync(Outcome.Done);
                Assert.Equal([time, time / 2, (time - 1) / 2, time - 1], (await CallbackReport.OfAsync(target)).Called);
            }
            await InProcess.RevertAsync(target.Id, policy: Policy.Explicit).ExpectAsync(Outcome.Done);
            Assert.Equal([time, time / 2, time / 2, time], (await CallbackReport.OfAsync(target)).Called);
        }
        Assert.Equal(0, (await CallbackReport.OfAsync(target)).Broken);
    }

    [Theory]
    [InlineData(Policy.Stack, null, "WF741")]
    [InlineData(Policy.Explicit, Core.Patches.Consistency.Global, "WF743")]
    public async Task Without_points_and_for_all_at_once_they_are_refused(Policy policy, Core.Patches.Consistency? consistency, string code)
    {
        await using var target = await StartAsync();
        var patch = await TestPatches.GetAsync("callbacks");
        var report = consistency is null ? await InProcess.ApplyAsync(target.Id, patch, policy) : await InProcess.ApplyGlobalAsync(target.Id, patch, policy);
        Assert.Equal(code, Assert.Single(report.Refusals).Code);
        Assert.Equal([0UL, 0UL, 0UL, 0UL], (await CallbackReport.OfAsync(target)).Called);
    }

    /// <summary>Those of the new one alone, and its variables are its own.</summary>
    [Fact]
    public async Task Where_a_patch_replaces_another_one_that_is_called_for_nothing()
    {
        await using var target = await StartAsync();
        var (patch, alone) = (await TestPatches.GetAsync("callbacks"), await TestPatches.BuildAmongAsync("callbacks", 1, 2, replaces: true));
        await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Done);
        Assert.Equal("hits 1", await target.AskAsync("object", Cancel));
        await InProcess.ApplyAsync(target.Id, alone, Policy.Explicit).ExpectAsync(Outcome.Done);
        Assert.Equal([2UL, 2UL, 0UL, 0UL], (await CallbackReport.OfAsync(target)).Called);
        Assert.Equal("hits 1", await target.AskAsync("object", Cancel));
        await InProcess.ExpectNoDifferenceAsync(target.Id);
        await InProcess.RevertAsync(target.Id, policy: Policy.Explicit).ExpectAsync(Outcome.Done);
        var end = await CallbackReport.OfAsync(target);
        Assert.Equal([2UL, 2UL, 1UL, 1UL], end.Called);
        Assert.Equal((0, 0), (end.Broken, end.Early));
        Assert.Equal("hits 0", await target.AskAsync("object", Cancel));
        await InProcess.ExpectNoDifferenceAsync(target.Id);
    }

    [Fact]
    public async Task A_new_field_of_an_old_object_lives_as_long_as_the_patch()
    {
        await using var target = await StartAsync();
        var patch = await TestPatches.GetAsync("callbacks");
        for (int cycle = 0; cycle < 3; cycle++)
        {
            Assert.Equal("hits 0", await target.AskAsync("object", Cancel));
            await InProcess.ApplyAsync(target.Id, patch, Policy.Explicit).ExpectAsync(Outcome.Done);
            // Post-revert took the last one's away.
            Assert.Equal("hits 1", await target.AskAsync("object", Cancel));
            Assert.Equal("hits 2", await target.AskAsync("object", Cancel));
            await InProcess.RevertAsync(target.Id, policy: Policy.Explicit).ExpectAsync(Outcome.Done);
        }
    }

    private static async Task<TestTarget> StartAsync() => await PatchableTarget.StartAsync("callbacks", await TestPatches.GetAsync("callbacks"));

    private static async Task ComeByAsync(TestTarget target)
    {
        var before = await CallbackReport.OfAsync(target);
        await Until.TrueAsync(() => CallbackReport.OfAsync(target), r => r.Requests > before.Requests + 1000);
    }
}
