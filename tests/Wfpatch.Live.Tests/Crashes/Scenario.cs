// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Live.Tests.Samples;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>A program in some state, and a command that comes to grief there: by a call that fails, or by the death of its controller.</summary>
/// <param name="Patch">What the command is about.</param>
/// <param name="Old">The version that the program is in without that patch.</param>
/// <param name="Command">As ControllerCommand takes it, up to its patch.</param>
/// <param name="Start">The program as the command finds it.</param>
internal sealed record Scenario(TestPatch Patch, int Old, ImmutableArray<string> Command, Func<Task<Victim>> Start)
{
    private const int MostCanaries = 2;

    private int New => Old + 1;

    /// <summary>The version that all threads are in when the command begins, canaries apart.</summary>
    private int Before { get; init; } = Old;

    /// <param name="program">sample (points), chain (stack), returns (stack, a thread in old code), apart (global), successor, neighbour or stopped (stack, other redirects).</param>
    /// <param name="moment">first, second, revert, revert-second, canary, advance, revert-canary; of returns also again, revert-held: with the hook of an earlier command.</param>
    public static async Task<Scenario> GetAsync(string program, string moment)
    {
        int old = moment is "second" or "revert-second" ? 2 : 1;
        var (first, second) = (await PatchAsync(program, 1), program is "sample" or "chain" ? await PatchAsync(program, 2) : null);
        var patch = old == 1 ? first : second!;
        string[] revert = [$"revert:{patch.Patch.Name}"];
        string[] command = moment switch
        {
            "first" or "second" or "again" => ["apply", patch.File],
            "canary" => ["canary", patch.File],
            "advance" => ["advance"],
            _ => revert,
        };
        return new(patch, old, [.. command], () => StartAsync(program, moment, first, second))
        {
            Before = moment is "revert" or "revert-second" ? old + 1 : old,
        };
    }

    /// <summary>The command for a program.</summary>
    /// <param name="isBrief">Whether it shall not wait long for threads.</param>
    public async Task<ImmutableArray<string>> CommandForAsync(Victim victim, bool isBrief = false) => victim.CommandOf(
        Command[0] == "canary" && victim is ReturnsVictim returns ? [await returns.CanaryAsync(), .. Command[1..]] : Command, isBrief || victim is ReturnsVictim);

    /// <summary>kill -9 of the controller before each change that it makes.</summary>
    public async Task KillAtEachStepAsync(ITestOutputHelper output)
    {
        const int Fewest = 10;
        int step = 1;
        while (await KillAsync(step))
        {
            step++;
        }
        output.WriteLine($"{Command[0]}: killed at each of {step - 1} steps");
        Assert.True(step > Fewest, $"only {step - 1} steps");
    }

    private async Task<bool> KillAsync(int step)
    {
        await using var victim = await Start();
        bool isKilled = await KilledController.RunAsync(step, await CommandForAsync(victim), Outcome.Done, Outcome.Canary, Outcome.Pending);
        try
        {
            await ExpectHarmlessAsync(victim, step);
            await ExpectEndsAsync(victim, step);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"killed at step {step}", e);
        }
        return isKilled;
    }

    /// <summary>Whatever came of the command: nobody stands still, the state tells what is there, and the program goes on and gives no wrong answer.</summary>
    public async Task ExpectHarmlessAsync(Victim victim, int turn)
    {
        await victim.ExpectNothingLeftAsync();
        if (Command[0] == "canary")
        {
            Assert.InRange((await InProcess.StatusAsync(victim.Id)).Threads.Count(t => t.Generation != 0), 0, MostCanaries);
        }
        // Now and then what is pending in it meets the next command.
        if (turn % 4 != 3)
        {
            await victim.ExpectRunsOnAsync(turn, Before);
        }
    }

    /// <summary>The next command completes or undoes it; and then the patch can be applied, or taken back, as ever.</summary>
    public async Task ExpectEndsAsync(Victim victim, int turn)
    {
        switch (turn % 3)
        {
            case 0:
                await RevertAsync(victim);
                break;
            case 1:
                await AdvanceAsync(victim);
                await victim.ExpectVersionAsync(await IsInForceAsync(victim) ? New : Old);
                break;
            default:
                await ApplyAsync(victim);
                break;
        }
        await victim.ExpectNothingLeftAsync();
        await (await IsInForceAsync(victim) ? RevertAsync(victim) : ApplyAsync(victim));
        await victim.ExpectNothingLeftAsync();
    }

    private async Task RevertAsync(Victim victim)
    {
        Expect(await victim.RunAsync($"revert:{Patch.Patch.Name}"), "WF702");
        await victim.ExpectVersionAsync(Old);
    }

    /// <summary>Before it had begun, or behind its last change, there is nothing to go on with.</summary>
    private static async Task AdvanceAsync(Victim victim) => Expect(await victim.RunAsync("advance"), "WF710");

    private async Task ApplyAsync(Victim victim)
    {
        var report = await victim.RunAsync("apply", Patch.File);
        if (report.Refusals is [{ Code: "WF701" }])
        {
            // A revert that was begun is brought to its end first.
            await AdvanceAsync(victim);
            await victim.ExpectVersionAsync(Old);
            report = await victim.RunAsync("apply", Patch.File);
        }
        Expect(report);
        await victim.ExpectVersionAsync(New);
    }

    private async Task<bool> IsInForceAsync(Victim victim)
    {
        var status = await InProcess.StatusAsync(victim.Id);
        Assert.Empty(status.OpenTransition);
        return status.Generations.Any(g => g.PatchName == Patch.Patch.Name);
    }

    private static void Expect(TransitionReport report, string? nothingToDo = null) => Assert.True(
        report.Outcome == Outcome.Done || (report.Refusals is [var only] && only.Code == nothingToDo),
        $"{report.Outcome}: {report.Message}\n{string.Join('\n', report.Refusals)}\n{string.Join('\n', report.Threads.Where(t => t.Blocker is not null).Select(t => $"{t.Name}: {t.Blocker!.Sentence}"))}");

    private static async Task<TestPatch> PatchAsync(string program, int from)
    {
        if (program != "sample")
        {
            return await TestPatches.GetAsync(program, from, from + 1);
        }
        var (patch, file) = await SamplePatches.BuildAsync(from, from + 1);
        return new(patch, file);
    }

    private static async Task<Victim> StartAsync(string program, string moment, TestPatch first, TestPatch? second)
    {
        Victim victim = program switch
        {
            "sample" => await SampleVictim.StartAsync(),
            "chain" => await ChainVictim.StartAsync(first, second!),
            "returns" => await ReturnsVictim.StartAsync(first),
            "apart" => await ApartVictim.StartAsync(first),
            _ => await AnswersVictim.StartAsync(program, first),
        };
        try
        {
            await PrepareAsync(victim, moment, first, second);
            return victim;
        }
        catch
        {
            await victim.DisposeAsync();
            throw;
        }
    }

    private static async Task PrepareAsync(Victim victim, string moment, TestPatch first, TestPatch? second)
    {
        if (moment is "second" or "revert" or "revert-second")
        {
            Expect(await victim.RunAsync("apply", first.File));
            await victim.ExpectVersionAsync(2);
        }
        if (moment == "revert-second")
        {
            Expect(await victim.RunAsync("apply", second!.File));
            await victim.ExpectVersionAsync(3);
        }
        switch (victim, moment)
        {
            case (ReturnsVictim held, "again" or "revert-held"):
                await held.HoldAsync("apply", first.File);
                break;
            case (ReturnsVictim held, "advance" or "revert-canary"):
                await held.HoldAsync(await held.CanaryAsync(), first.File);
                break;
            case (_, "advance" or "revert-canary"):
                var report = await victim.RunAsync("canary", first.File);
                Assert.True(report.Outcome == Outcome.Canary, $"{report.Message} {string.Join("; ", report.Refusals)}");
                break;
        }
    }
}
