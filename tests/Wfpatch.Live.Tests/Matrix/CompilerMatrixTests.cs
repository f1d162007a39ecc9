// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Matrix;

/// <summary>
/// The sample server as different compilers make it. Of each two of these choices every combination occurs in a row: compiler, level
/// of optimization, position-independent or not, frame pointers or not, marks for control-flow enforcement (endbr64) or not.
/// </summary>
public sealed class CompilerMatrixTests
{
    private const string Pie = "pie", Fixed = "fixed", Frames = "frames", NoFrames = "no-frames", Marks = "marks", NoMarks = "no-marks";

    [Theory]
    [InlineData("gcc", "-O0", Pie, Frames, Marks, 4)]
    [InlineData("gcc", "-O1", Fixed, NoFrames, Marks, 1)]
    [InlineData("gcc", "-O2", Pie, NoFrames, NoMarks, 16)]
    [InlineData("gcc", "-O2", Fixed, Frames, Marks, 2)]
    [InlineData("gcc", "-O3", Fixed, Frames, NoMarks, 4)]
    [InlineData("gcc", "-O3", Pie, NoFrames, Marks, 8)]
    [InlineData("clang", "-O0", Fixed, NoFrames, NoMarks, 2)]
    [InlineData("clang", "-O1", Pie, Frames, NoMarks, 4)]
    [InlineData("clang", "-O2", Pie, Frames, Marks, 1)]
    [InlineData("clang", "-O3", Fixed, NoFrames, Marks, 16)]
    public async Task Every_thread_changes_and_changes_back(string compiler, string level, string place, string frames, string marks, int busy)
    {
        var compile = CompilerChoice.Of($"{compiler} {level} {place} {frames} {marks}");
        var patch = await TestPatches.BuildAsync("sample", compile, $"sample-{compiler}{level}-{place}-{frames}-{marks}");
        await using var sample = await RunningSample.StartAsync(patch, workers: 1, busy, compile);
        await sample.ExpectRepliesOfAsync(1);

        await InProcess.ApplyAsync(sample.Id, patch, Policy.Points, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        await sample.ExpectRepliesOfAsync(2);
        await sample.ExpectBusyThreadsServeAsync(2);
        await InProcess.ExpectNoDifferenceAsync(sample.Id);
        await InProcess.RevertAsync(sample.Id, policy: Policy.Points, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        await sample.ExpectRepliesOfAsync(1);
        await sample.ExpectBusyThreadsServeAsync(1);
        await InProcess.ExpectNoDifferenceAsync(sample.Id);
        await sample.ExpectNoMixedRequestsAsync("points", transitions: 2);

        await InProcess.ApplyAsync(sample.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
        await sample.ExpectRepliesOfAsync(2);
        await sample.ExpectBusyThreadsServeAsync(2);
        await InProcess.RevertAsync(sample.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
        await sample.ExpectRepliesOfAsync(1);
        await sample.ExpectBusyThreadsServeAsync(1);
        await InProcess.ExpectNoDifferenceAsync(sample.Id);
    }
}
