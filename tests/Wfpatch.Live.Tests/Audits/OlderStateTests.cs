// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Plans;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Audits;

/// <summary>A target that a wfpatch of the format before has patched is gone on with; it gets our number before anything that the other one would lose.</summary>
public sealed class OlderStateTests
{
    private const byte Older = 4, Oldest = 3;

    [Fact]
    public async Task The_format_before_is_read_and_then_is_ours()
    {
        var patch = await TestPatches.GetAsync("single");
        await using var target = await PatchableTarget.StartAsync("single", patch);
        await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Done);
        using var memory = new PatchedMemory(target.Id);
        byte ours = memory[memory.Journal + JournalLayout.VersionOffset];
        memory.SetVersion(Older);
        Assert.Contains(patch.Patch.Id, (await InProcess.StatusAsync(target.Id)).Generations.Select(g => g.Patch));
        await InProcess.ExpectNoDifferenceAsync(target.Id);
        Assert.Equal(Older, memory[memory.Journal + JournalLayout.VersionOffset]);
        await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
        Assert.Equal(ours, memory[memory.Journal + JournalLayout.VersionOffset]);
        await InProcess.ExpectNoDifferenceAsync(target.Id);
        memory.SetVersion(Oldest);
        var refused = await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Refused);
        Assert.Equal("WF606", Assert.Single(refused.Refusals).Code);
        memory.SetVersion(ours);
        await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Done);
    }
}
