// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>The process ends while it is being patched: the command says so and ends too.</summary>
public sealed class EndingTargetTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_a_transition_waits(bool isReaped)
    {
        var patch = await TestPatches.GetAsync("stuck");
        await using var stuck = await RunningSample.StartAsync("stuck", patch);
        await using var apply = WfpatchCommand.Start("apply", patch.File, "--pid", stuck.Id.ToString(CultureInfo.InvariantCulture), "--timeout", "5m");
        string? line;
        do
        {
            line = await apply.ReadErrorLineAsync(Cancel);
        }
        while (line is not null && !line.Contains("waiting for", StringComparison.Ordinal));
        Assert.NotNull(line);

        stuck.Target.Process.Kill();
        if (isReaped)
        {
            await stuck.Target.Process.WaitForExitAsync(Cancel);
        }
        ExitStatus status = await apply.WaitForExitAsync(Cancel);
        Assert.Equal((4, 0), (status.Code, status.Signal));
        Assert.Contains($"There is no process {stuck.Id} (any more).", apply.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", apply.Errors, StringComparison.Ordinal); // no stack trace
    }

    /// <summary>At no particular moment: wherever it hits, the answer is that the process is gone, or that all was done before.</summary>
    [Fact]
    public async Task At_any_moment()
    {
        var patch = await TestPatches.GetAsync("sample");
        Random random = new(1);
        for (int round = 0; round < 25; round++)
        {
            await using TestTarget target = await PatchableTarget.StartAsync("sample", patch, "--workers", "2", "--busy", "1");
            using ManualResetEventSlim begun = new();
            var apply = Task.Run(() =>
            {
                begun.Set();
                return InProcess.ApplyAsync(target.Id, patch);
            }, Cancel);
            begun.Wait(Cancel);
            long spins = random.NextInt64(2_000_000);
            while (--spins > 0 && !apply.IsCompleted)
            {
                Thread.SpinWait(1);
            }
            target.Process.Kill();
            var report = await apply;
            Assert.True(report.Outcome is Outcome.Gone or Outcome.Done, $"round {round}: {report.Outcome} {report.Message}");
            await Until.TrueAsync(() => target.Process.HasEnded);
            Assert.Equal(Outcome.Gone, (await InProcess.StatusAsync(target.Id)).Outcome);
        }
    }
}
