// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Faults;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>A thread that is in the function that changes whenever it is looked at, and migrates when it returns: by a return hook, which must be harmless however it is left.</summary>
internal sealed class ReturnsVictim(TestTarget target) : Victim
{
    private static readonly string[] Ways = ["trace", "throw", "return"];

    public override int Id => target.Id;

    public override Policy Policy => Policy.Stack;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<Victim> StartAsync(TestPatch patch) => new ReturnsVictim(await PatchableTarget.StartAsync("returns", patch));

    public async Task<string> CanaryAsync() =>
        $"canary:{(await InProcess.StatusAsync(Id)).Threads.Single(t => t.Name == "server").Id.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Begins what it is told, or goes on with it, until the thread has its hook.</summary>
    public async Task HoldAsync(params string[] words)
    {
        TransitionReport report;
        do
        {
            report = await Task.Run(() => ControllerCommand.Run(new NativeLinux(), CommandOf([.. words], isBrief: true).AsSpan()));
            Assert.Equal(Outcome.Pending, report.Outcome);
        }
        while (report.Threads.Single(t => t.Name == "server").Blocker is not { IsHooked: true });
    }

    public override async Task ExpectRunsOnAsync(int turn, int old)
    {
        // What it was in before ends as it began.
        string how = Ways[turn % Ways.Length];
        Assert.Equal($"{how} {old}", await target.AskAsync(how, Cancel));
        Assert.Matches("^return [12]$", await target.AskAsync("return", Cancel));
    }

    public override async Task ExpectVersionAsync(int version)
    {
        foreach (string how in Ways)
        {
            Assert.Equal($"{how} {version}", await target.AskAsync(how, Cancel));
        }
    }

    public override async Task HelpAsync(Task command)
    {
        while (!command.IsCompleted)
        {
            Assert.Matches("^return [12]$", await target.AskAsync("return", Cancel));
            await Task.WhenAny(command, Task.Delay(5, Cancel));
        }
    }

    public override ValueTask DisposeAsync() => target.DisposeAsync();
}
