// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>The first memory is mapped by a thread of the target: where none can be used for it, the command says so.</summary>
public sealed class NoThreadTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thread_that_waits_for_a_signal_is_not_borrowed()
    {
        var patch = await TestPatches.GetAsync("waiting");
        await using TestTarget waiting = await TestTarget.StartAsync("waiting", new(), Cancel);
        var before = MemoryImage.Take(waiting.Id);
        string pid = waiting.Id.ToString(CultureInfo.InvariantCulture);
        (await WfpatchCommand.RunAsync("apply", patch.File, "--pid", pid)).ExpectFailure("refused", "WF608", pid);
        before.ExpectUnchanged(waiting.Id);
        Assert.Equal("answer 1", await waiting.AskAsync("answer", Cancel));
    }
}
