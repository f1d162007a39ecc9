// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Faults;
using Xunit;

namespace Wfpatch.Live.Tests.Views;

/// <summary>Global transitions of the backend aspace on a real process and a kernel whose generations are simulated: one call lets all threads go over, or none.</summary>
public sealed class TogetherTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public async Task All_threads_are_moved_by_one_call(int threads)
    {
        var patch = await TestPatches.GetAsync("apart");
        await using var apart = await VersionsApart.StartAsync(patch, threads, "--pause-us", "1000");
        var views = new SimulatedViews(new NativeLinux());
        var commands = new Commands(views);
        for (int cycle = 1; cycle <= 3; cycle++)
        {
            var applied = Expect(Outcome.Done, commands.Apply(apart.Id, patch.Patch, Options));
            Assert.All(applied.Threads, t => Assert.Equal(MigrationPath.Together, t.Path));
            int view = Assert.Single(views.Live);
            ExpectAllIn(apart.Id, views, view);
            Assert.Equal((2 * cycle) - 1, views.MovedAll);
            Expect(Outcome.Done, commands.Verify(apart.Id).Outcome);
            // It is global as it came.
            Expect(Outcome.Done, commands.Revert(apart.Id, null, Options with { Consistency = null }));
            Assert.Empty(views.Live);
            ExpectAllIn(apart.Id, views, 0);
            Assert.Equal(2 * cycle, views.MovedAll);
            Expect(Outcome.Done, commands.Verify(apart.Id).Outcome);
        }
        await apart.ExpectApartAsync(1);
    }

    [Fact]
    public async Task Where_one_does_not_come_nobody_is_moved_and_no_view_is_left()
    {
        var patch = await TestPatches.GetAsync("apart");
        await using var apart = await VersionsApart.StartAsync(patch, 3, "--stay", "1");
        var views = new SimulatedViews(new NativeLinux());
        var refused = Expect(Outcome.Refused, new Commands(views).Apply(apart.Id, patch.Patch, Options with { Timeout = TimeSpan.FromMilliseconds(300) }));
        Assert.Equal("WF721", Assert.Single(refused.Refusals).Code);
        Assert.Empty(views.Live);
        ExpectAllIn(apart.Id, views, 0);
        Assert.Equal(0, views.MovedAll);
    }

    /// <summary>Before each change in turn the controller dies: all threads are in one view, and the next command completes or undoes.</summary>
    [Fact]
    public async Task A_controller_that_dies_leaves_all_threads_in_one_version()
    {
        var patch = await TestPatches.GetAsync("apart");
        int deaths = 0, behind = 0;
        for (bool isOver = false; !isOver;)
        {
            await using var apart = await VersionsApart.StartAsync(patch, 2, "--pause-us", "1000");
            var views = new SimulatedViews(new NativeLinux());
            try
            {
                Expect(Outcome.Done, new Commands(FaultyLinux.Dying(views, deaths + 1, () => new ControllerDiedException())).Apply(apart.Id, patch.Patch, Options));
                isOver = true;
            }
            catch (ControllerDiedException)
            {
                deaths++;
            }
            int moved = views.MovedAll;
            behind += isOver ? 0 : moved;
            ExpectAllIn(apart.Id, views, moved == 0 ? 0 : Assert.Single(views.Live));
            var commands = new Commands(views);
            var status = commands.Status(apart.Id);
            if (status.OpenTransition.Length > 0)
            {
                Assert.All(status.Threads, t => Assert.Equal(moved == 0 ? MigrationPath.Pending : MigrationPath.Together, t.Path));
            }
            if (deaths % 2 == 0)
            {
                Expect(Outcome.Done, commands.Apply(apart.Id, patch.Patch, Options));
                ExpectAllIn(apart.Id, views, Assert.Single(views.Live));
            }
            var reverted = commands.Revert(apart.Id, null, Options with { Consistency = null });
            Assert.True(reverted.Outcome == Outcome.Done || reverted.Refusals is [{ Code: "WF702" }], reverted.Message);
            ExpectAllIn(apart.Id, views, 0);
            Expect(Outcome.Done, commands.Verify(apart.Id).Outcome);
        }
        output.WriteLine($"{deaths} deaths, {behind} behind the move");
        Assert.True(deaths > 20 && behind > 0, $"{deaths} deaths, {behind} behind the move");
    }

    private static TransitionOptions Options => new(Policy.Stack, null, InProcess.Ample, TestContext.Current.CancellationToken)
    {
        Backend = Core.Generations.BackendKind.AddressSpace,
        Consistency = Core.Patches.Consistency.Global,
        MaxWait = TimeSpan.FromSeconds(2),
    };

    private static void ExpectAllIn(int process, SimulatedViews views, int view) => Assert.All(new ProcFs(process).ReadThreads(), t => Assert.Equal(view, views.ViewOf(t)));

    private static void Expect(Outcome outcome, Outcome seen) => Assert.Equal(outcome, seen);

    private static TransitionReport Expect(Outcome outcome, TransitionReport report)
    {
        Assert.True(report.Outcome == outcome, $"{report.Outcome}: {report.Message}\n{string.Join('\n', report.Refusals)}");
        return report;
    }

    private sealed class ControllerDiedException : Exception;
}
