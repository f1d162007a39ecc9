// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>Threads that io_uring has in a process are none of the program's: nobody waits for them, and nobody stops what they do.</summary>
public sealed class KernelThreadsTests
{
    private const int OfProgram = 3; // with the main thread

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("stack")]
    [InlineData("global")]
    [InlineData("canaries")]
    public async Task Are_neither_waited_for_nor_stopped(string way)
    {
        var patch = await TestPatches.GetAsync("workers");
        await using TestTarget target = await PatchableTarget.StartAsync("workers", patch);
        Assert.SkipUnless(target.Greeting is ["rings 2"], "this kernel gives the program no io_uring");
        var proc = new ProcFs(target.Id);
        await Until.TrueAsync(() => proc.ReadThreadsOfKernel().Length == 2);
        Assert.Equal(OfProgram, proc.ReadThreads().Length);

        var report = await (way switch
        {
            "stack" => InProcess.ApplyAsync(target.Id, patch, Policy.Stack),
            "global" => InProcess.ApplyGlobalAsync(target.Id, patch, Policy.Stack),
            _ => InProcess.ApplyAsync(target.Id, patch, Policy.Stack, canary: CanaryChoice.Any(1)),
        }).ExpectAsync(way == "canaries" ? Outcome.Canary : Outcome.Done);
        Assert.Equal(OfProgram, report.Threads.Length);
        if (way == "canaries")
        {
            await InProcess.AdvanceAsync(target.Id).ExpectAsync(Outcome.Done);
        }
        await Until.TrueAsync(() => target.AskAsync("report", Cancel), versions => versions == "versions 2 2");
        Assert.Equal(OfProgram, (await InProcess.StatusAsync(target.Id)).Threads.Length);
        Assert.Equal(2, proc.ReadThreadsOfKernel().Length);
        Assert.Equal("read 8", await target.AskAsync("write", Cancel));
        await InProcess.RevertAsync(target.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
        await Until.TrueAsync(() => target.AskAsync("report", Cancel), versions => versions == "versions 1 1");
    }
}
