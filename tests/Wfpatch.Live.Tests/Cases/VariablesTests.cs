// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Crashes;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Cases;
using Xunit;

namespace Wfpatch.Live.Tests.Cases;

/// <summary>What becomes of a patch's variables over revert and apply (docs/decisions/0032).</summary>
public sealed class VariablesTests
{
    private const int Cycles = 5;

    private static readonly CaseBuild Build = new("debian", false, ["-O2", "-fPIE", "-pie"]);

    [Fact]
    public async Task They_keep_their_values_and_take_no_more_memory_over_cycles()
    {
        var @case = await BehaviourCase.BuildAsync("data-kept", Build);
        var (patch, refusals) = await @case.PatchAsync();
        Assert.True(patch is not null, string.Join('\n', refusals));
        await using var program = await CasePrograms.StartPatchableAsync(@case.OldProgram, patch);
        await InProcess.ApplyAsync(program.Id, patch).ExpectAsync(Outcome.Done);
        Assert.Equal("count 1", await program.DriveAsync());
        var (mappings, state) = (ReadMappings(program.Id), 1);
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
            Assert.Equal("no count", await program.DriveAsync());
            await InProcess.ApplyAsync(program.Id, patch).ExpectAsync(Outcome.Done);
            Assert.Equal($"count {++state}", await program.DriveAsync());
        }
        Assert.Equal(mappings, ReadMappings(program.Id));
        await InProcess.ExpectNoDifferenceAsync(program.Id);
    }

    [Fact]
    public async Task No_mapping_can_be_written_and_executed()
    {
        var @case = await BehaviourCase.BuildAsync("data-kept", Build);
        var (patch, _) = await @case.PatchAsync();
        await using var program = await CasePrograms.StartPatchableAsync(@case.OldProgram, patch!);
        string[] before = ReadMappings(program.Id);
        await InProcess.ApplyAsync(program.Id, patch!).ExpectAsync(Outcome.Done);
        string[] after = ReadMappings(program.Id);
        Assert.DoesNotContain(after, m => m.Contains("wx", StringComparison.Ordinal));
        Assert.Single(after.Except(before), m => m.Contains(" rw-p ", StringComparison.Ordinal));
    }

    /// <summary>The pages of the variables are named in the state before they are mapped, and mapped before anything is written there.</summary>
    [Fact]
    public async Task An_apply_killed_at_each_step_is_completed_by_the_next_one()
    {
        var @case = await BehaviourCase.BuildAsync("data-kept", Build);
        var (patch, _) = await @case.PatchAsync();
        int killed = 0;
        for (int step = 1; ; step++)
        {
            await using var program = await CasePrograms.StartPatchableAsync(@case.OldProgram, patch!);
            if (!await KilledController.RunAsync(step, ["apply", patch!.File, $"{program.Id}", "memcached", nameof(Policy.Stack)], Outcome.Done))
            {
                break;
            }
            killed++;
            await InProcess.ApplyAsync(program.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
            Assert.Equal("count 1", await program.DriveAsync());
            await InProcess.ExpectNoDifferenceAsync(program.Id);
            await InProcess.RevertAsync(program.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
            Assert.Equal("no count", await program.DriveAsync());
        }
        Assert.True(killed > 10, $"only {killed} steps");
    }

    private static string[] ReadMappings(int process) =>
        [.. File.ReadLines($"/proc/{process}/maps").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(f => $"{f[0]} {f[1]} {(f.Length > 5 ? f[5] : "")}")];
}
