// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>Three threads of which no two may ever be in different versions.</summary>
internal sealed class ApartVictim(VersionsApart target) : Victim
{
    public override int Id => target.Id;

    public override Policy Policy => Policy.Stack;

    protected override bool IsGlobal => true;

    public static async Task<Victim> StartAsync(TestPatch patch) => new ApartVictim(await VersionsApart.StartAsync(patch, 3));

    public override async Task ExpectRunsOnAsync(int turn, int old)
    {
        var before = await target.ReportAsync();
        Assert.Equal(0, (await Until.TrueAsync(target.ReportAsync, r => r.Calls > before.Calls + 20)).Overlaps);
    }

    public override Task ExpectVersionAsync(int version) => target.ExpectApartAsync(version);

    public override ValueTask DisposeAsync() => target.DisposeAsync();
}
