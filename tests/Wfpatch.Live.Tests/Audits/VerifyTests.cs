// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Audits;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Plans;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Audits;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Audits;

/// <summary>`verify`: after whatever wfpatch does nothing differs; what somebody else changes is reported, exactly that.
/// (After a controller that was killed: KilledControllerTests.)</summary>
public sealed class VerifyTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_process_that_was_never_patched_has_nothing_to_compare()
    {
        await using var sample = await IdleSample.StartAsync();
        var report = await InProcess.VerifyAsync(sample.Id);
        Assert.Equal((Outcome.Done, 0), (report.Outcome, report.Checked));
        Assert.Contains("never patched", report.Message, StringComparison.Ordinal);
        sample.ExpectUntouched();
    }

    [Fact]
    public async Task Nothing_differs_after_patches_and_reverts()
    {
        var (first, second) = (await TestPatches.GetAsync("sample"), await TestPatches.GetAsync("sample", 2, 3));
        await using var sample = await RunningSample.StartAsync(first, workers: 2, busy: 2);
        int before = 0;
        foreach (var step in (Func<Task<TransitionReport>>[])
        [
            () => InProcess.ApplyAsync(sample.Id, first, profile: InProcess.SampleProfile),
            () => InProcess.ApplyAsync(sample.Id, second, Policy.Stack),
            () => InProcess.RevertAsync(sample.Id, profile: InProcess.SampleProfile),
            () => InProcess.RevertAsync(sample.Id, policy: Policy.Stack),
            () => InProcess.ApplyAsync(sample.Id, first, profile: InProcess.SampleProfile),
        ])
        {
            await step().ExpectAsync(Outcome.Done);
            int checkedPlaces = await InProcess.ExpectNoDifferenceAsync(sample.Id);
            Assert.True(checkedPlaces > 20 && checkedPlaces >= before, $"{checkedPlaces} places after {before}");
            before = checkedPlaces;
        }
        await sample.ExpectRepliesOfAsync(2);
    }

    [Theory]
    [InlineData(Policy.Points)]
    [InlineData(Policy.Stack)]
    public async Task Nothing_differs_in_an_open_transition(Policy policy)
    {
        var patch = await TestPatches.GetAsync("stuck");
        await using var sample = await RunningSample.StartAsync("stuck", patch);
        await InProcess.ApplyAsync(sample.Id, patch, policy, TimeSpan.FromMilliseconds(300), InProcess.SampleProfile).ExpectAsync(Outcome.Pending);
        var report = await InProcess.VerifyAsync(sample.Id);
        Assert.True(report.Outcome == Outcome.Done, string.Join('\n', report.Differences));
        Assert.Contains("stuck-1-to-2 is open (migrating)", report.Message, StringComparison.Ordinal);
        await InProcess.RevertAsync(sample.Id, policy: policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        await InProcess.ExpectNoDifferenceAsync(sample.Id);
    }

    [Fact]
    public async Task A_whole_state_that_cannot_be_right_stops_every_command()
    {
        var patch = await TestPatches.GetAsync("sample");
        await using var sample = await RunningSample.StartAsync(patch, workers: 2, busy: 0);
        await InProcess.ApplyAsync(sample.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
        using (var memory = new PatchedMemory(sample.Id))
        {
            var before = memory.WriteNext(memory.State with { Generation = memory.State.LastGeneration + 1 });
            var revert = await InProcess.RevertAsync(sample.Id, policy: Policy.Stack).ExpectAsync(Outcome.Refused);
            Assert.Equal(AuditRefusals.StateDamaged, Assert.Single(revert.Refusals).Kind);
            Assert.Equal(Outcome.Refused, (await InProcess.StatusAsync(sample.Id)).Outcome);
            var report = await InProcess.VerifyAsync(sample.Id);
            Assert.Contains(report.Differences, d => d.Kind == AuditRefusals.StateDamaged);
            await sample.ExpectRepliesOfAsync(2);
            memory.RestoreNext(before);
        }
        await InProcess.RevertAsync(sample.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
        await InProcess.ExpectNoDifferenceAsync(sample.Id);
        await sample.ExpectRepliesOfAsync(1);
    }

    [Fact]
    public async Task Nothing_differs_while_another_controller_works()
    {
        var patch = await TestPatches.GetAsync("sample");
        await using var sample = await RunningSample.StartAsync(patch, workers: 1, busy: 2);
        var cycles = Task.Run(async () =>
        {
            for (int i = 0; i < 10; i++)
            {
                await InProcess.ApplyAsync(sample.Id, patch).ExpectAsync(Outcome.Done);
                await InProcess.RevertAsync(sample.Id).ExpectAsync(Outcome.Done);
            }
        }, TestContext.Current.CancellationToken);
        int audits = 0;
        for (; !cycles.IsCompleted; audits++)
        {
            await InProcess.ExpectNoDifferenceAsync(sample.Id);
        }
        await cycles;
        output.WriteLine($"{audits} audits");
        Assert.True(audits > 3, $"{audits} audits");
    }

    [Fact]
    public async Task One_byte_that_was_changed_is_all_that_is_reported()
    {
        await using var sample = await PatchedAsync();
        using var memory = new PatchedMemory(sample.Id);
        var redirect = memory.State.Redirects.Single(r => r.Name == "step_lookup");
        var image = Assert.Single(memory.State.Images);
        var start = memory.State.Hooks.Single(h => h.Kind == HookKind.ThreadStart);
        var guard = memory.State.Hooks.First(h => h.Kind == HookKind.CallGuard);
        var trampoline = redirect.Plan.Trampoline;
        var slot = DispatchTrampoline.SwitchSlot(trampoline, redirect.Slot, on: false).Address;

        await ExpectOnlyAsync(redirect.Plan.Write.Address, "WF620", "entry of step_lookup");
        await ExpectOnlyAsync(redirect.Plan.Displacement.End - 1, "WF620", "entry of step_lookup");
        await ExpectOnlyAsync(start.Plan.Entry, "WF620", "entry of start_thread");
        await ExpectOnlyAsync(slot, "WF621", "trampoline of step_lookup");
        await ExpectOnlyAsync(trampoline + DispatchTrampoline.Length - 2, "WF621", "trampoline of step_lookup"); // the last head's jump
        await ExpectOnlyAsync(start.Plan.Trampoline + 2, "WF621", "trampoline of start_thread");
        await ExpectOnlyAsync(guard.Plan.Trampoline + 34, "WF621", $"trampoline of guard of {guard.Name}");
        await ExpectOnlyAsync(image.Range.End - 1, "WF622", "new code of sample-1-to-2", image.Range.Start);
        await ExpectOnlyAsync(image.Functions[0].New.Start, "WF622", "new code of sample-1-to-2", image.Range.Start);
        await ExpectOnlyAsync(redirect.Function.End - 1, "WF623", "code of step_lookup");
        await ExpectOnlyAsync(start.Function.Start + (long)start.Function.Length / 2, "WF623", "code of start_thread");
        await InProcess.ExpectNoDifferenceAsync(sample.Id);

        async Task ExpectOnlyAsync(Address at, string code, string what, Address? reported = null)
        {
            byte expected = memory[at];
            memory.Flip(at);
            var report = await InProcess.VerifyAsync(sample.Id);
            Assert.Equal(Outcome.Refused, report.Outcome);
            var difference = Assert.Single(report.Differences);
            Assert.Equal((code, what, reported ?? at), (difference.Kind.Code, difference.What, difference.Address));
            if (reported is null)
            {
                Assert.Equal(($"{memory[at]:x2}", true), (difference.Found, difference.Expected.Split('/').Contains($"{expected:x2}")));
            }
            Assert.Equal((code, what), (Assert.Single(report.Refusals).Code, report.Refusals[0].Subject));
            memory.Flip(at);
        }
    }

    /// <summary>Also while a thread has a hook: what it holds is its stack's affair, where it leads and what it stores is not.</summary>
    [Fact]
    public async Task What_return_hooks_and_frames_of_trampolines_are_made_of_is_compared()
    {
        var patch = await TestPatches.GetAsync("returns");
        await using var target = await PatchableTarget.StartAsync("returns", patch);
        TransitionReport report;
        do
        {
            report = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack, TimeSpan.FromMilliseconds(300)).ExpectAsync(Outcome.Pending);
        }
        while (!report.Threads.Any(t => t.Blocker is { IsHooked: true }));
        await InProcess.ExpectNoDifferenceAsync(target.Id);

        using (var memory = new PatchedMemory(target.Id))
        {
            const string What = "area of return hooks";
            var area = memory.State.ReturnHooks;
            int live = ReturnHookTable.Read(memory.Memory, area)!.Blocks.ToArray().ToList().FindIndex(b => b.Number != 0);
            var block = ReturnHookArea.BlockAt(area, live);
            await ExpectOnlyAsync(memory, area + 9, "WF621", What); // the index
            await ExpectOnlyAsync(memory, area + 16, "WF621", What); // by which the area is known to be there
            await ExpectOnlyAsync(memory, block + 3, "WF621", What); // code
            await ExpectOnlyAsync(memory, block + ReturnHookArea.NumberOffset, "WF621", What);
            await ExpectOnlyAsync(memory, block + ReturnHookArea.NumberOffset + 7, "WF621", What);
            await ExpectOnlyAsync(memory, ReturnHookArea.BlockAt(area, ReturnHookArea.Count - 1) + ReturnHookArea.NumberOffset, "WF621", What);
            var frames = Assert.Single(memory.State.Frames).Range;
            foreach (var at in (Address[])[frames.Start, frames.Start + 40, frames.End - 1])
            {
                await ExpectOnlyAsync(memory, at, "WF622", $"frames of trampolines at {frames.Start}", frames.Start);
            }
        }
        Assert.Equal("trace 1", await target.AskAsync("trace", TestContext.Current.CancellationToken));
        await InProcess.ApplyAsync(target.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
        await InProcess.ExpectNoDifferenceAsync(target.Id);

        async Task ExpectOnlyAsync(PatchedMemory memory, Address at, string code, string what, Address? reported = null)
        {
            memory.Flip(at);
            var audit = await InProcess.VerifyAsync(target.Id);
            memory.Flip(at);
            var difference = Assert.Single(audit.Differences);
            Assert.Equal((code, what, reported ?? at), (difference.Kind.Code, difference.What, difference.Address));
        }
    }

    [Fact]
    public async Task A_copy_of_the_state_is_whole_or_torn_as_by_a_kill_or_it_is_reported()
    {
        await using var sample = await PatchedAsync();
        using var memory = new PatchedMemory(sample.Id);
        var newest = JournalLayout.CopyAddress(memory.Journal, (int)(memory.Sequence % 2)) + 100;
        var older = JournalLayout.CopyAddress(memory.Journal, (int)((memory.Sequence + 1) % 2)) + 100;

        memory.Flip(older);
        var report = await InProcess.VerifyAsync(sample.Id);
        Assert.Equal(("WF625", older - 100), (Assert.Single(report.Differences).Kind.Code, report.Differences[0].Address));
        memory.Flip(newest);
        Assert.Equal(["WF625", "WF625"], (await InProcess.VerifyAsync(sample.Id)).Differences.Select(d => d.Kind.Code));
        memory.Flip(older);
        report = await InProcess.VerifyAsync(sample.Id);
        Assert.Equal(Outcome.Done, report.Outcome); // the one before, in which the same transition is settling
        Assert.Contains("The newest copy of the state is not whole", report.Message, StringComparison.Ordinal);
        memory.Flip(newest);
        await InProcess.ExpectNoDifferenceAsync(sample.Id);
    }

    [Fact]
    public async Task Memory_with_other_rights_or_none_is_reported()
    {
        await using var sample = await PatchedAsync();
        using var memory = new PatchedMemory(sample.Id);
        var state = memory.State;
        var mappings = new ProcFs(sample.Id).ReadMappings();
        Assert.All(OwnMemory.Compare(mappings, state), Assert.Null);

        var page = state.Redirects[0].Plan.Trampoline;
        var own = mappings.Single(m => m.Range.Contains(page));
        var writable = OwnMemory.Compare([.. mappings.Select(m => m == own ? m with { IsWritable = true } : m)], state).OfType<Difference>().ToList();
        Assert.All(writable, d => Assert.Equal(("WF624", "rwxp, anonymous"), (d.Kind.Code, d.Found)));
        Assert.Contains(writable, d => d.What == $"memory of the trampoline of {state.Redirects[0].Name}");
        var gone = OwnMemory.Compare([.. mappings.Where(m => !m.Range.Contains(memory.Journal))], state).OfType<Difference>();
        Assert.Contains(gone, d => d.Address == memory.Journal && d.Found == "no mapping");
    }

    [Fact]
    public async Task The_command_line_tells_it_in_text_and_in_a_document()
    {
        await using var sample = await PatchedAsync();
        string pid = sample.Id.ToString(CultureInfo.InvariantCulture);
        var right = await WfpatchCommand.RunAsync("verify", "--pid", pid);
        Assert.Equal("done", right.Result);
        Assert.True(right.Document.GetProperty("checked").GetInt32() > 20);
        Assert.Equal(0, right.Document.GetProperty("differences").GetArrayLength());

        using var memory = new PatchedMemory(sample.Id);
        var at = memory.State.Redirects.Single(r => r.Name == "step_parse").Plan.Trampoline + 12;
        memory.Flip(at);
        var changed = await WfpatchCommand.RunAsync("verify", "--pid", pid);
        changed.ExpectFailure("refused", "WF621", "trampoline of step_parse", $"{at}");
        var difference = Assert.Single(changed.Document.GetProperty("differences").EnumerateArray());
        Assert.Equal(("trampoline of step_parse", $"{at}", $"{memory[at]:x2}"),
            (difference.GetProperty("what").GetString(), difference.GetProperty("address").GetString(), difference.GetProperty("found").GetString()));
        Assert.Equal(right.Document.GetProperty("checked").GetInt32(), changed.Document.GetProperty("checked").GetInt32());
        var text = await WfpatchCommand.RunPlainAsync("verify", "--pid", pid);
        Assert.Equal(1, text.Status.Code);
        Assert.Contains("changed by someone else", text.Output, StringComparison.Ordinal);

        await sample.Target.DisposeAsync();
        Assert.Equal("gone", (await WfpatchCommand.RunAsync("verify", "--pid", pid)).Result);
    }

    /// <summary>A patched sample that nobody asks anything: what is changed in it is not run.</summary>
    private static async Task<RunningSample> PatchedAsync()
    {
        var patch = await TestPatches.GetAsync("sample");
        var sample = await RunningSample.StartAsync(patch, workers: 1, busy: 0);
        await InProcess.ApplyAsync(sample.Id, patch, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        return sample;
    }
}
