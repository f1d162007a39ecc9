// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Faults;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Views;

/// <summary>The backend aspace on a real process and a kernel whose generations are simulated: views, threads and the state go together, whoever is killed
/// where. That it works on the real kernel, kernel/guest/aspace tests.</summary>
public sealed class AddressSpaceTests(ITestOutputHelper output)
{
    private const int NoSpace = 28;
    private const string Program = "sample";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_view_has_the_jumps_and_all_threads_and_the_code_stays_as_it_was()
    {
        var (target, patch, views) = await StartAsync();
        await using var _ = target;
        var commands = new Commands(views);
        var applied = Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, Options));
        Assert.Equal(BackendKind.AddressSpace, applied.Backend);
        int view = Assert.Single(views.Live);
        Assert.All(applied.Functions, f => Assert.Equal((f.NewCode, "jump"), (views.JumpOf(view, f.Address), f.Tactic)));
        Assert.All(new ProcFs(target.Id).ReadThreads(), t => Assert.Equal(view, views.ViewOf(t)));
        // Generation 0 is compared with what was there.
        Assert.Equal(Outcome.Done, commands.Verify(target.Id).Outcome);
        Assert.Equal(BackendKind.AddressSpace, commands.Status(target.Id).Backend);

        Expect(Outcome.Done, commands.Revert(target.Id, null, Options));
        Assert.Empty(views.Live);
        Assert.All(new ProcFs(target.Id).ReadThreads(), t => Assert.Equal(0, views.ViewOf(t)));
        Assert.Equal(Outcome.Done, commands.Verify(target.Id).Outcome);
    }

    [Fact]
    public async Task A_second_patch_has_a_view_of_its_own_which_goes_with_it()
    {
        var (target, patch, views) = await StartAsync();
        await using var _ = target;
        var next = await TestPatches.GetAsync(Program, 2, 3);
        var commands = new Commands(views);
        var first = Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, Options));
        int below = Assert.Single(views.Live);
        var second = Expect(Outcome.Done, commands.Apply(target.Id, next.Patch, Options));
        int above = Assert.Single(views.Live);
        Assert.NotEqual(below, above);
        Assert.All(second.Functions, f => Assert.Equal(f.NewCode, views.JumpOf(above, f.Address)));
        Expect(Outcome.Done, commands.Revert(target.Id, null, Options));
        int again = Assert.Single(views.Live);
        Assert.All(first.Functions, f => Assert.Equal(f.NewCode, views.JumpOf(again, f.Address)));
        Expect(Outcome.Done, commands.Revert(target.Id, null, Options));
        Assert.Empty(views.Live);
    }

    /// <summary>Before each change in turn the controller dies. The next one finishes, or takes back; nothing is left over.</summary>
    [Fact]
    public async Task A_controller_that_dies_before_any_change_is_followed_by_one_that_goes_on()
    {
        int deaths = 0;
        string where = "";
        for (bool isOver = false; !isOver; deaths++)
        {
            var (target, patch, views) = await StartAsync();
            await using var _ = target;
            try
            {
                var faulty = FaultyLinux.Dying(views, deaths + 1, () => new ControllerDiedException());
                Expect(Outcome.Done, new Commands(faulty).Apply(target.Id, patch.Patch, Options));
                isOver = true;
            }
            catch (ControllerDiedException died)
            {
                where = $"death {deaths + 1}, {died.StackTrace}";
            }
            var commands = new Commands(views);
            if (deaths % 2 == 0)
            {
                var applied = Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, Options));
                int view = Assert.Single(views.Live);
                Assert.All(new ProcFs(target.Id).ReadThreads(), t => Assert.Equal(view, views.ViewOf(t)));
                Assert.All(applied.Functions, f => Assert.Equal(f.NewCode, views.JumpOf(view, f.Address)));
            }
            var reverted = commands.Revert(target.Id, null, Options);
            Assert.True(reverted.Outcome == Outcome.Done || reverted.Refusals is [{ Code: "WF702" }], $"{reverted.Message}\n{where}");
            Assert.True(views.Live.IsEmpty || reverted.Outcome == Outcome.Refused, $"{views.Live.Length} views\n{where}");
            Assert.All(new ProcFs(target.Id).ReadThreads(), t => Assert.Equal(0, views.ViewOf(t)));
            var compared = commands.Verify(target.Id);
            Assert.True(compared.Outcome == Outcome.Done, $"{compared.Message}\n{string.Join('\n', compared.Refusals)}\n{where}");
            await target.AskAsync("report", Cancel);
        }
        output.WriteLine($"{deaths} deaths");
        Assert.True(deaths > 20, $"{deaths} deaths");
    }

    [Fact]
    public async Task A_thread_in_old_code_stays_and_a_transition_is_turned_round()
    {
        var patch = await TestPatches.GetAsync("stuck");
        await using var target = await PatchableTarget.StartAsync("stuck", patch);
        var views = new SimulatedViews(new NativeLinux());
        var commands = new Commands(views);
        var pending = Expect(Outcome.Pending, commands.Apply(target.Id, patch.Patch, Options with { Timeout = TimeSpan.FromSeconds(1) }));
        var held = Assert.Single(pending.Threads, t => t.Path == MigrationPath.Pending);
        int view = Assert.Single(views.Live);
        Assert.Equal(0, views.ViewOf(held.Id));
        Assert.All(pending.Threads.Where(t => t.Id != held.Id), t => Assert.Equal(view, views.ViewOf(t.Id)));
        var status = commands.Status(target.Id);
        Assert.Equal((Outcome.Pending, held.Id), (status.Outcome, Assert.Single(status.Threads, t => t.Path == MigrationPath.Pending).Id));

        Expect(Outcome.Done, commands.Revert(target.Id, null, Options));
        Assert.Empty(views.Live);
        Assert.All(pending.Threads, t => Assert.Equal(0, views.ViewOf(t.Id)));
    }

    [Fact]
    public async Task A_canary_is_in_the_view_alone_until_the_others_follow()
    {
        var (target, patch, views) = await StartAsync();
        await using var _ = target;
        var commands = new Commands(views);
        int canary = new ProcFs(target.Id).ReadThreads()[1];
        Expect(Outcome.Canary, commands.Apply(target.Id, patch.Patch, Options with { Canary = CanaryChoice.Of(canary) }));
        int view = Assert.Single(views.Live);
        Assert.All(new ProcFs(target.Id).ReadThreads(), t => Assert.Equal(t == canary ? view : 0, views.ViewOf(t)));
        Expect(Outcome.Done, commands.Advance(target.Id, Options));
        Assert.All(new ProcFs(target.Id).ReadThreads(), t => Assert.Equal(view, views.ViewOf(t)));
    }

    [Fact]
    public async Task A_kernel_that_refuses_leaves_everything_as_it_was()
    {
        var (target, patch, views) = await StartAsync();
        await using var _ = target;
        views.RefusesWith = NoSpace;
        var commands = new Commands(views);
        var refused = Expect(Outcome.Refused, commands.Apply(target.Id, patch.Patch, Options));
        Assert.Equal("WF766", Assert.Single(refused.Refusals).Code);
        Assert.Equal(Outcome.Done, commands.Status(target.Id).Outcome);
        Assert.Equal(Outcome.Done, commands.Verify(target.Id).Outcome);
        views.RefusesWith = 0;
        Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, Options));
    }

    [Fact]
    public async Task One_target_has_one_backend_at_a_time()
    {
        var (target, patch, views) = await StartAsync();
        await using var _ = target;
        var next = await TestPatches.GetAsync(Program, 2, 3);
        var commands = new Commands(views);
        foreach (var (one, other) in new[] { (BackendKind.AddressSpace, BackendKind.Dispatch), (BackendKind.Dispatch, BackendKind.AddressSpace) })
        {
            Assert.Equal(one, Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, Options with { Backend = one })).Backend);
            Assert.Equal("WF761", Assert.Single(Expect(Outcome.Refused, commands.Apply(target.Id, next.Patch, Options with { Backend = other })).Refusals).Code);
            // Without a wish what is in force decides.
            Assert.Equal(one, Expect(Outcome.Done, commands.Apply(target.Id, next.Patch, Unasked)).Backend);
            Expect(Outcome.Done, commands.Revert(target.Id, null, Unasked));
            Expect(Outcome.Done, commands.Revert(target.Id, null, Unasked));
        }
        // Dispatch may have left other bytes at the entries.
        Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, Options with { Backend = BackendKind.AddressSpace }));
    }

    [Fact]
    public async Task Views_of_others_and_states_of_a_parent_are_left_alone()
    {
        var (target, patch, views) = await StartAsync();
        await using var _ = target;
        var commands = new Commands(views);
        views.MakeForeign();
        Assert.Equal("WF764", Assert.Single(Expect(Outcome.Refused, commands.Apply(target.Id, patch.Patch, Options)).Refusals).Code);
        views.Forget();
        Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, Options));
        views.Forget();
        Assert.Equal("WF765", Assert.Single(Expect(Outcome.Refused, commands.Revert(target.Id, null, Options)).Refusals).Code);
        Assert.Equal("WF765", Assert.Single(commands.Verify(target.Id).Refusals).Code);
        Assert.Equal(Outcome.Refused, commands.Status(target.Id).Outcome);
    }

    /// <summary>The kernel that the tests run on, whatever it is.</summary>
    [Fact]
    public async Task Without_generations_aspace_is_refused_and_unasked_dispatch_is_taken()
    {
        var linux = new NativeLinux();
        Assert.SkipWhen(linux.QueryView(Environment.ProcessId, out int _) == Errno.Success, "this kernel has address-space generations");
        var (target, patch, _) = await StartAsync();
        await using var disposed = target;
        var commands = new Commands(linux);
        Assert.Equal("WF762", Assert.Single(Expect(Outcome.Refused, commands.Apply(target.Id, patch.Patch, Options with { Backend = BackendKind.AddressSpace })).Refusals).Code);
        Assert.Equal(BackendKind.Dispatch, Expect(Outcome.Done, commands.Apply(target.Id, patch.Patch, Unasked)).Backend);
    }

    private static TransitionOptions Options => Unasked with { Backend = BackendKind.AddressSpace };

    private static TransitionOptions Unasked => new(Policy.Auto, null, InProcess.Ample, Cancel);

    private static async Task<(TestTarget Target, TestPatch Patch, SimulatedViews Views)> StartAsync()
    {
        var patch = await TestPatches.GetAsync(Program);
        return (await PatchableTarget.StartAsync(Program, patch, "--workers", "1", "--busy", "1"), patch, new SimulatedViews(new NativeLinux()));
    }

    private static TransitionReport Expect(Outcome outcome, TransitionReport report)
    {
        Assert.True(report.Outcome == outcome, $"{report.Outcome}: {report.Message}\n{string.Join('\n', report.Refusals)}\n{string.Join('\n', report.Threads.Where(t => t.Blocker is not null).Select(t => $"{t.Name}: {t.Blocker}"))}");
        return report;
    }

    private sealed class ControllerDiedException : Exception;
}
