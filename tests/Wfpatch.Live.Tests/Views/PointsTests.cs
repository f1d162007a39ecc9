// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Generations;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Faults;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Views;

/// <summary>
/// Quiescence points and callbacks of the backend aspace on a real process and a kernel whose generations are simulated. Hooks are opened and closed for real; the system call
/// by which a thread goes over at one fails there, and where it would go over the test says so to the simulated kernel. On the real one kernel/guest/points tests.
/// </summary>
public sealed class PointsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Busy_threads_come_by_points_that_the_program_announces_and_nobody_is_stopped()
    {
        var patch = await TestPatches.GetAsync("explicit");
        await using TestTarget target = await PatchableTarget.StartAsync("explicit", patch);
        var views = new SimulatedViews(new NativeLinux());
        var commands = new Commands(views);
        for (int cycle = 0; cycle < 3; cycle++)
        {
            var applied = Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, Coming(views, Policy.Explicit)));
            Assert.Equal(PolicyChoice.ExplicitName, applied.Policy);
            Assert.All(applied.Threads, t => Assert.Equal(MigrationPath.Point, t.Path));
            Assert.Equal(Outcome.Done, commands.Verify(target.Id).Outcome);
            var reverted = Expect(Outcome.Done, commands.Revert(target.Id, null, Coming(views, Policy.Explicit)));
            Assert.All(reverted.Threads, t => Assert.Equal(MigrationPath.Point, t.Path));
            Assert.Equal(0, reverted.Stops);
            Assert.Equal(Outcome.Done, commands.Verify(target.Id).Outcome);
            Assert.Empty(views.Live);
        }
    }

    /// <summary>Nobody comes by: the transition stays open, the target as it should be, and it is turned round.</summary>
    [Fact]
    public async Task Who_does_not_come_stays_where_it_is()
    {
        var patch = await TestPatches.GetAsync("explicit");
        await using TestTarget target = await PatchableTarget.StartAsync("explicit", patch);
        var views = new SimulatedViews(new NativeLinux());
        var commands = new Commands(views);
        var pending = Expect(Outcome.Pending, commands.Apply(target.Id, patch.Patch, Options(Policy.Explicit) with { Timeout = TimeSpan.FromMilliseconds(300) }));
        Assert.All(pending.Threads, t => Assert.Equal(MigrationPath.Pending, t.Path));
        Assert.Equal(Outcome.Done, commands.Verify(target.Id).Outcome);
        int left = Assert.Single(views.Live);
        Expect(Outcome.Done, commands.Revert(target.Id, null, Options(Policy.Explicit)));
        Assert.Empty(views.Live);
        Assert.All(pending.Threads, t => Assert.NotEqual(left, views.ViewOf(t.Id)));
        Assert.Equal(Outcome.Done, commands.Verify(target.Id).Outcome);
    }

    [Fact]
    public async Task Points_of_a_profile_are_hooked_in_views_too()
    {
        var patch = await TestPatches.GetAsync("sample");
        await using TestTarget target = await PatchableTarget.StartAsync("sample", patch, "--workers", "1", "--busy", "1");
        var views = new SimulatedViews(new NativeLinux());
        var commands = new Commands(views);
        var next = await TestPatches.GetAsync("sample", 2, 3);
        foreach (var one in new[] { patch, next })
        {
            var applied = Expect(Outcome.Done, commands.Apply(target.Id, one.Patch, Coming(views, Policy.Points)));
            Assert.Equal(PolicyChoice.PointsName, applied.Policy);
            Assert.Contains(applied.Threads, t => t.Path == MigrationPath.Point);
            Assert.Equal(Outcome.Done, commands.Verify(target.Id).Outcome);
        }
        Expect(Outcome.Done, commands.Revert(target.Id, null, Coming(views, Policy.Points)));
        Expect(Outcome.Done, commands.Revert(target.Id, null, Coming(views, Policy.Points)));
        Assert.Equal(Outcome.Done, commands.Verify(target.Id).Outcome);
    }

    /// <summary>A canary is brought over from outside; the others come by.</summary>
    [Fact]
    public async Task A_canary_needs_no_point()
    {
        var patch = await TestPatches.GetAsync("sample");
        await using TestTarget target = await PatchableTarget.StartAsync("sample", patch, "--workers", "1", "--busy", "1");
        var views = new SimulatedViews(new NativeLinux());
        var commands = new Commands(views);
        Expect(Outcome.Canary, commands.Apply(target.Id, patch.Patch, Options(Policy.Points) with { Canary = CanaryChoice.Any(1) }));
        int view = Assert.Single(views.Live);
        Assert.Single(new ProcFs(target.Id).ReadThreads(), t => views.ViewOf(t) == view);
        Expect(Outcome.Done, commands.Advance(target.Id, Coming(views, Policy.Points)));
        Assert.All(new ProcFs(target.Id).ReadThreads(), t => Assert.Equal(view, views.ViewOf(t)));
    }

    [Fact]
    public async Task Callbacks_are_called_once_at_their_time()
    {
        var patch = await TestPatches.GetAsync("callbacks");
        await using TestTarget target = await PatchableTarget.StartAsync("callbacks", patch);
        var views = new SimulatedViews(new NativeLinux());
        var commands = new Commands(views);
        for (ulong cycle = 1; cycle <= 3; cycle++)
        {
            Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, Coming(views, Policy.Explicit)));
            Assert.Equal([cycle, cycle, cycle - 1, cycle - 1], (await CallbackReport.OfAsync(target)).Called);
            Assert.Equal(Outcome.Done, commands.Verify(target.Id).Outcome);
            Expect(Outcome.Done, commands.Revert(target.Id, null, Coming(views, Policy.Explicit)));
            Assert.Equal([cycle, cycle, cycle, cycle], (await CallbackReport.OfAsync(target)).Called);
            Assert.Equal(Outcome.Done, commands.Verify(target.Id).Outcome);
        }
        Assert.Equal(0, (await CallbackReport.OfAsync(target)).Broken);
    }

    [Fact]
    public async Task A_callback_that_says_no_leaves_no_view()
    {
        var patch = await TestPatches.GetAsync("callbacks");
        await using TestTarget target = await PatchableTarget.StartAsync("callbacks", patch);
        var views = new SimulatedViews(new NativeLinux());
        var commands = new Commands(views);
        await target.AskAsync("refuse -12", Cancel);
        var refused = Expect(Outcome.Refused, commands.Apply(target.Id, patch.Patch, Coming(views, Policy.Explicit)));
        Assert.Equal("WF742", Assert.Single(refused.Refusals).Code);
        Assert.Empty(views.Live);
        Assert.Equal(Outcome.Done, commands.Verify(target.Id).Outcome);
    }

    /// <summary>Before each change in turn the controller dies. The next one finishes, or takes back; each callback is called once.</summary>
    [Fact]
    public async Task A_controller_that_dies_is_followed_by_one_that_goes_on()
    {
        var patch = await TestPatches.GetAsync("callbacks");
        int deaths = 0;
        for (bool isOver = false; !isOver;)
        {
            await using TestTarget target = await PatchableTarget.StartAsync("callbacks", patch);
            var views = new SimulatedViews(new NativeLinux());
            try
            {
                Expect(Outcome.Done, new Commands(FaultyLinux.Dying(views, deaths + 1, () => new ControllerDiedException())).Apply(target.Id, patch.Patch, Coming(views, Policy.Explicit)));
                isOver = true;
            }
            catch (ControllerDiedException)
            {
                deaths++;
            }
            var commands = new Commands(views);
            if (deaths % 2 == 0)
            {
                Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, Coming(views, Policy.Explicit)));
                Assert.Equal([1UL, 1UL, 0UL, 0UL], (await CallbackReport.OfAsync(target)).Called);
            }
            var reverted = commands.Revert(target.Id, null, Coming(views, Policy.Explicit));
            Assert.True(reverted.Outcome == Outcome.Done || reverted.Refusals is [{ Code: "WF702" }], $"death {deaths}: {reverted.Message}\n{string.Join('\n', reverted.Refusals)}");
            var report = await CallbackReport.OfAsync(target);
            Assert.True(report.Called.All(c => c <= 1) && report.Broken == 0, $"death {deaths}: {report}");
            Assert.Empty(views.Live);
            Assert.True(commands.Verify(target.Id).Outcome == Outcome.Done, $"death {deaths}");
        }
        Assert.True(deaths > 20, $"{deaths} deaths");
    }

    /// <summary>A point that dispatch has hooked leads into no view: by name refused, unasked done without.</summary>
    [Fact]
    public async Task A_point_of_dispatch_serves_no_view()
    {
        var patch = await TestPatches.GetAsync("sample");
        await using TestTarget target = await PatchableTarget.StartAsync("sample", patch, "--workers", "1", "--busy", "1");
        var views = new SimulatedViews(new NativeLinux());
        var commands = new Commands(views);
        var dispatch = Options(Policy.Points) with { Backend = BackendKind.Dispatch };
        Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, dispatch));
        Expect(Outcome.Done, commands.Revert(target.Id, null, dispatch));
        Assert.Equal("WF763", Assert.Single(Expect(Outcome.Refused, commands.Apply(target.Id, patch.Patch, Options(Policy.Points))).Refusals).Code);
        Assert.Equal(PolicyChoice.StackName, Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, Options(Policy.Auto))).Policy);
        // The other way round it does.
        Expect(Outcome.Done, commands.Revert(target.Id, null, Options(Policy.Auto)));
        Assert.Equal(PolicyChoice.PointsName, Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, dispatch)).Policy);
    }

    private static TransitionOptions Options(Policy policy) =>
        new(policy, policy is Policy.Points or Policy.Auto ? InProcess.SampleProfile : null, InProcess.Ample, Cancel) { Backend = BackendKind.AddressSpace };

    /// <summary>Threads that have not migrated come by a hook meanwhile.</summary>
    private static TransitionOptions Coming(SimulatedViews views, Policy policy) => Options(policy) with
    {
        Progress = threads =>
        {
            foreach (var thread in threads.Where(t => t.Path == MigrationPath.Pending))
            {
                views.ComeByHook(thread.Id);
            }
        },
    };

    private static TransitionReport Expect(Outcome outcome, TransitionReport report)
    {
        Assert.True(report.Outcome == outcome, $"{report.Outcome}: {report.Message}\n{string.Join('\n', report.Refusals)}\n{string.Join('\n', report.Threads.Where(t => t.Blocker is not null).Select(t => $"{t.Name}: {t.Blocker}"))}");
        return report;
    }

    private sealed class ControllerDiedException : Exception;
}
