// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Generations;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Audits;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Faults;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>A call that changes the target fails, once, or with all that follow it; or the target dies there: for each call. The command says so with a code, nobody
/// stands still, no answer is wrong, and the next command completes or undoes.</summary>
public sealed class FailedCallTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("sample", "first")]
    [InlineData("sample", "second")]
    [InlineData("sample", "revert")]
    [InlineData("sample", "canary")]
    [InlineData("sample", "advance")]
    [InlineData("sample", "revert-canary")]
    [InlineData("chain", "second")]
    [InlineData("chain", "revert-second")]
    [InlineData("chain", "canary")]
    [InlineData("chain", "revert-canary")]
    [InlineData("returns", "first")]
    [InlineData("returns", "again")]
    [InlineData("returns", "revert")]
    [InlineData("returns", "revert-held")]
    [InlineData("returns", "canary")]
    [InlineData("returns", "revert-canary")]
    [InlineData("apart", "first")]
    [InlineData("apart", "revert")]
    [InlineData("successor", "first")]
    [InlineData("neighbour", "first")]
    [InlineData("stopped", "first")]
    public async Task The_command_says_so_and_the_next_one_completes_or_undoes(string program, string moment)
    {
        var scenario = await Scenario.GetAsync(program, moment);
        var ends = new SortedDictionary<string, int>();
        int step = 1, stayed = 0;
        for (; await FailAsync(scenario, step, stays: false, ends) is { } more; step++)
        {
            // Where none followed, "from there on" is the same.
            stayed += more > 0 && await FailAsync(scenario, step, stays: true, ends) is not null ? 1 : 0;
        }
        output.WriteLine($"{program} {moment}: {step - 1} calls failed alone, {stayed} with all that followed: {string.Join(", ", ends.Select(e => $"{e.Key} {e.Value}"))}");
        Assert.True(step > 10 && stayed > 3, $"only {step - 1} calls, {stayed} with others behind them");
    }

    [Theory]
    [InlineData("sample", "first")]
    [InlineData("chain", "revert-second")]
    [InlineData("returns", "first")]
    [InlineData("apart", "first")]
    public async Task A_target_that_dies_is_said_to_be_gone(string program, string moment)
    {
        var scenario = await Scenario.GetAsync(program, moment);
        int step = 1;
        for (bool isReached = true; isReached; step++)
        {
            await using var victim = await scenario.Start();
            int at = step;
            var linux = new FaultyLinux(new NativeLinux(), (number, _) =>
            {
                if (number == at)
                {
                    victim.Kill();
                }
                return Errno.Success; // the call is made, and fails as it does then
            });
            var report = await RunAsync(linux, await scenario.CommandForAsync(victim, isBrief: true));
            isReached = linux.Changes >= step;
            Assert.True(!isReached || report.Outcome == Outcome.Gone, $"step {step}: {report.Outcome} {report.Message} {string.Join("; ", report.Refusals)}");
        }
        output.WriteLine($"{program} {moment}: the target died at each of {step - 2} calls");
    }

    /// <summary>Whoever is stopped in a call that a stop ends keeps what lets it make the call again itself, as if the controller had been killed there. Only calls
    /// that have a guard: not epoll_pwait2 by syscall(2).</summary>
    [Theory]
    [InlineData("epoll", 232)]
    [InlineData("semop", 220)] // glibc makes semtimedop of it
    [InlineData("sigwait", 128)] // rt_sigtimedwait
    public async Task A_thread_that_does_not_get_its_registers_back_makes_its_call_again(string way, int number)
    {
        var patch = await TestPatches.GetAsync("blocked");
        await using var calls = await BlockedCalls.StartAsync(patch, TimeSpan.FromSeconds(1), way);
        // The second application maps nothing: its stops are visits alone.
        await InProcess.ApplyAsync(calls.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
        using (var memory = new PatchedMemory(calls.Id))
        {
            Assert.SkipUnless(memory.State.Hooks.Any(h => h.Kind == HookKind.CallGuard && h.Name == $"system call {number}"), "no room for the guard where the libraries lie in this run");
        }
        await InProcess.RevertAsync(calls.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
        int failed = 0;
        var linux = new FaultyLinux(new NativeLinux(), (_, call) =>
        {
            failed += call == ChangingCall.SetRegisters ? 1 : 0;
            return call == ChangingCall.SetRegisters ? Errno.NoSuchProcess : Errno.Success;
        });
        await Task.Run(() => new Commands(linux).Apply(calls.Id, patch.Patch, new TransitionOptions(Policy.Stack, null, InProcess.Ample))).ExpectAsync(Outcome.Done);
        Assert.True(failed > 0, "no registers were to be put back");
        await InProcess.ExpectNoDifferenceAsync(calls.Id);
        Assert.All(await calls.AllAsync(), calls.ExpectUndisturbed);
    }

    /// <summary>How many calls followed on the one that failed. Null: the command came to its end, there is no such call any more.</summary>
    private static async Task<int?> FailAsync(Scenario scenario, int step, bool stays, SortedDictionary<string, int> ends)
    {
        await using var victim = await scenario.Start();
        var calls = new List<ChangingCall>();
        var linux = FaultyLinux.Failing(new NativeLinux(), step, stays, turn: step, calls);
        TransitionReport? report = null;
        try
        {
            report = await RunAsync(linux, await scenario.CommandForAsync(victim, isBrief: true));
            Assert.True(report.Outcome is Outcome.Done or Outcome.Canary or Outcome.Pending || (report.Outcome == Outcome.Refused && !report.Refusals.IsEmpty), "no code");
            await scenario.ExpectHarmlessAsync(victim, step);
            await scenario.ExpectEndsAsync(victim, step);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            string what = calls.Count < step ? "no call" : calls[step - 1].ToString();
            throw new InvalidOperationException($"{what} failed at step {step}{(stays ? " and from there on" : "")}; {report?.Outcome}: {report?.Message} {string.Join("; ", report?.Refusals ?? [])}", e);
        }
        if (linux.Changes < step)
        {
            return null;
        }
        string end = $"{calls[step - 1]} {report.Refusals.FirstOrDefault()?.Code ?? report.Outcome.ToString()}";
        ends[end] = ends.GetValueOrDefault(end) + 1;
        return linux.Changes - step;
    }

    private static Task<TransitionReport> RunAsync(FaultyLinux linux, ImmutableArray<string> command) => Task.Run(() => ControllerCommand.Run(linux, command.AsSpan()));
}
