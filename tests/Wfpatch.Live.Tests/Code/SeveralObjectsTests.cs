// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Code;

/// <summary>One patch file for a program and its library: each thread goes over in both at once, and it is all or nothing.</summary>
public sealed class SeveralObjectsTests
{
    [Fact]
    public async Task A_program_and_its_library_go_over_together_and_back()
    {
        await using var program = await ProgramWithLibrary.StartAsync();
        for (int round = 0; round < 2; round++)
        {
            await program.ExpectAsync(1);
            var applied = await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
            Assert.Equal(["ask_both", "library_part", "program_part"], applied.Functions.Select(f => f.Name).Order(StringComparer.Ordinal));
            await program.ExpectNoMixtureAsync();
            await program.ExpectAsync(2);
            var status = await InProcess.StatusAsync(program.Id);
            Assert.Equal(["", program.Patch.Patch.Id], status.Generations.Select(g => g.Patch));
            await InProcess.ExpectNoDifferenceAsync(program.Id);
            Assert.Contains("already in force", (await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done)).Message, StringComparison.Ordinal);
            await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
            await program.ExpectNoMixtureAsync();
            await InProcess.ExpectNoDifferenceAsync(program.Id);
        }
        await program.ExpectAsync(1);
    }

    /// <summary>Patches of both, one in place of the other; the second one's library comes and goes.</summary>
    [Fact]
    public async Task One_that_replaces_all_goes_in_everywhere_at_once()
    {
        await using var program = await ProgramWithLibrary.StartAsync();
        var alone = await ProgramWithLibrary.BuildAsync("alone", replaces: true);
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        var report = await InProcess.ApplyAsync(program.Id, alone).ExpectAsync(Outcome.Done);
        Assert.Equal(["both"], report.Replaced.Select(p => p.Name));
        await program.ExpectNoMixtureAsync();
        await program.ExpectAsync(2);
        Assert.Equal(["", alone.Patch.Id], (await InProcess.StatusAsync(program.Id)).Generations.Select(g => g.Patch));
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        await program.CloseAsync();
        Assert.Equal(["alone"], (await InProcess.StatusAsync(program.Id)).Waiting.Select(w => w.PatchName));
        await program.OpenAsync();
        // The program's part stays, the library's comes in again.
        var again = await InProcess.ApplyAsync(program.Id, alone);
        Assert.SkipWhen(again.Outcome == Outcome.Refused && again.Refusals.All(r => r.Code == "WF404"), "no room for a redirect in this run");
        Assert.True(again.Outcome == Outcome.Done, $"{again.Message} {string.Join("; ", again.Refusals)}");
        Assert.Empty(again.Replaced);
        await program.ExpectAsync(2);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectAsync(1);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
    }

    [Fact]
    public async Task A_canary_runs_both_in_the_new_version()
    {
        await using var program = await ProgramWithLibrary.StartAsync();
        await InProcess.ApplyAsync(program.Id, program.Patch, Policy.Stack, canary: new CanaryChoice(1, [])).ExpectAsync(Outcome.Canary);
        await program.ExpectNoMixtureAsync();
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        await InProcess.AdvanceAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectAsync(2);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectAsync(1);
    }

    [Fact]
    public async Task All_or_nothing_while_a_library_is_not_loaded()
    {
        await using var program = await ProgramWithLibrary.StartAsync(isLoaded: false);
        var refused = await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Refused);
        Assert.Equal(["WF611"], refused.Refusals.Select(r => r.Code));
        await program.ExpectAsync(1);
        var apply = InProcess.ApplyAsync(program.Id, program.Patch, whenLoaded: true);
        var waiting = await Until.TrueAsync(() => InProcess.StatusAsync(program.Id), s => !s.Waiting.IsEmpty);
        Assert.Equal(["libpair-library.so.1"], waiting.Waiting.Select(w => w.ObjectName));
        await program.ExpectAsync(1);
        await program.OpenAsync();
        var report = await apply;
        Assert.SkipWhen(report.Outcome == Outcome.Refused && report.Refusals.All(r => r.Code == "WF404"), "no room for a redirect in this run");
        Assert.True(report.Outcome == Outcome.Done, $"{report.Message} {string.Join("; ", report.Refusals)}");
        await program.ExpectAsync(2);
        Assert.Empty((await InProcess.StatusAsync(program.Id)).Waiting);
    }

    [Fact]
    public async Task The_program_keeps_its_part_when_the_library_goes_and_gets_the_rest_when_it_is_back()
    {
        await using var program = await ProgramWithLibrary.StartAsync();
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        await program.CloseAsync();
        await program.ExpectAsync(2);
        var status = await InProcess.StatusAsync(program.Id);
        Assert.Equal(["libpair-library.so.1"], status.Waiting.Select(w => w.ObjectName));
        Assert.Contains(status.Generations, g => g.Patch == program.Patch.Patch.Id);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        var refused = await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Refused);
        Assert.Equal(["WF611"], refused.Refusals.Select(r => r.Code));
        await program.OpenAsync();
        var again = await InProcess.ApplyAsync(program.Id, program.Patch);
        Assert.SkipWhen(again.Outcome == Outcome.Refused && again.Refusals.All(r => r.Code == "WF404"), "no room for a redirect in this run");
        Assert.Equal((Outcome.Done, "library_part"), (again.Outcome, Assert.Single(again.Functions).Name));
        await program.ExpectAsync(2);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectAsync(1);
        Assert.Single((await InProcess.StatusAsync(program.Id)).Generations);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
    }

    [Fact]
    public async Task A_revert_forgets_what_waits()
    {
        await using var program = await ProgramWithLibrary.StartAsync();
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        await program.CloseAsync();
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        var status = await InProcess.StatusAsync(program.Id);
        Assert.Empty(status.Waiting);
        Assert.Single(status.Generations);
        await program.ExpectAsync(1);
        await program.OpenAsync();
        await program.ExpectAsync(1);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
    }

    /// <summary>A transition that is open for canaries loses one of its objects and goes on in the other.</summary>
    [Fact]
    public async Task An_open_transition_goes_on_with_what_is_left()
    {
        await using var program = await ProgramWithLibrary.StartAsync();
        await InProcess.ApplyAsync(program.Id, program.Patch, Policy.Stack, canary: new CanaryChoice(1, [])).ExpectAsync(Outcome.Canary);
        await program.CloseAsync();
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        await InProcess.AdvanceAsync(program.Id).ExpectAsync(Outcome.Done);
        Assert.Single((await InProcess.StatusAsync(program.Id)).Waiting);
        await program.ExpectAsync(2);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectAsync(1);
    }

    [Fact]
    public async Task What_lies_too_far_apart_cannot_go_over_in_one_instant()
    {
        await using var program = await ProgramWithLibrary.StartAsync();
        var refused = await InProcess.ApplyGlobalAsync(program.Id, program.Patch).ExpectAsync(Outcome.Refused);
        Assert.Equal(["WF727"], refused.Refusals.Select(r => r.Code));
        await program.ExpectAsync(1);
    }
}
