// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>A filter of system calls may forbid the one mmap that the target has to make, or end the target for it.</summary>
public sealed class SeccompTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_filter_is_a_reason_against_it(bool kills)
    {
        var patch = await TestPatches.GetAsync("seccomp");
        await using TestTarget filtered = await TestTarget.StartAsync("seccomp", new() { Arguments = kills ? ["kill"] : [] }, Cancel);
        string pid = filtered.Id.ToString(CultureInfo.InvariantCulture);
        var before = MemoryImage.Take(filtered.Id);
        foreach (string command in (ImmutableArray<string>)["check", "apply"])
        {
            (await WfpatchCommand.RunAsync(command, patch.File, "--pid", pid)).ExpectFailure("refused", "WF603", pid);
            before.ExpectUnchanged(filtered.Id);
        }
        Assert.Equal("answer 1", await filtered.AskAsync("answer", Cancel));
    }
}
