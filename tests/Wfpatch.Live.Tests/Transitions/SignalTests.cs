// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>Signals of the program's own arrive while its threads are stopped: none is lost, and none is invented.</summary>
public sealed class SignalTests(ITestOutputHelper output)
{
    private const int Cycles = 20;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Each signal ends the call of signals.c that waits for it once; that of restarted.c (SA_RESTART) never sees one.</summary>
    [Theory]
    [InlineData("signals", true)]
    [InlineData("restarted", false)]
    public async Task Each_signal_is_handled_exactly_once(string program, bool endsTheCall)
    {
        var patch = await TestPatches.GetAsync(program);
        await using var signals = await PatchableTarget.StartAsync(program, patch);
        int stops = 0;
        var cycles = Task.Run(async () =>
        {
            for (int cycle = 0; cycle < Cycles; cycle++)
            {
                stops += (await InProcess.ApplyAsync(signals.Id, patch).ExpectAsync(Outcome.Done)).Stops;
                stops += (await InProcess.RevertAsync(signals.Id).ExpectAsync(Outcome.Done)).Stops;
            }
        }, Cancel);
        long sent = 0;
        while (!cycles.IsCompleted)
        {
            string report = await signals.AskAsync("signal 50", Cancel);
            sent += 50;
            Assert.Equal($"sent {sent} handled {sent} interrupted {(endsTheCall ? sent : 0)}", report);
        }
        await cycles;
        output.WriteLine($"{sent} signals, {stops} stops");
        Assert.Equal("answer 1", await signals.AskAsync("answer", Cancel));
    }
}
