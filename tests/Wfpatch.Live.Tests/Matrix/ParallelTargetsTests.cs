// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Matrix;

/// <summary>Two processes are patched at the same time, each with a patch of its own.</summary>
public sealed class ParallelTargetsTests
{
    private const int Cycles = 5;

    [Fact]
    public async Task Two_patches_for_two_processes_do_not_disturb_each_other()
    {
        var (one, two) = (await TestPatches.GetAsync("sample"), await TestPatches.GetAsync("sample", 1, 3));
        await using var first = await RunningSample.StartAsync(one, workers: 1, busy: 1);
        await using var second = await RunningSample.StartAsync(two, workers: 1, busy: 1);
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            await Task.WhenAll(DoneAsync("apply", one.File, "--pid", Pid(first)), DoneAsync("apply", two.File, "--pid", Pid(second)));
            await first.ExpectRepliesOfAsync(2);
            await second.ExpectRepliesOfAsync(3);
            await first.ExpectBusyThreadsServeAsync(2);
            await second.ExpectBusyThreadsServeAsync(3);
            await Task.WhenAll(DoneAsync("revert", "--pid", Pid(first)), DoneAsync("revert", "--pid", Pid(second)));
            await first.ExpectRepliesOfAsync(1);
            await second.ExpectRepliesOfAsync(1);
        }
    }

    private static string Pid(RunningSample sample) => sample.Id.ToString(CultureInfo.InvariantCulture);

    private static async Task DoneAsync(params string[] arguments) => Assert.Equal("done", (await WfpatchCommand.RunAsync([.. arguments])).Result);
}
