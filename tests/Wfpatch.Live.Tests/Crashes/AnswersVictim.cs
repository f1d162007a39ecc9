// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>Two threads call one function without a pause: successor.c, whose second instruction is evicted for the redirect, neighbour.c, whose entry becomes a short jump, and stopped.c, which is redirected in a stop of all threads.</summary>
internal sealed class AnswersVictim(TestTarget target) : Victim
{
    public override int Id => target.Id;

    public override Policy Policy => Policy.Stack;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<Victim> StartAsync(string program, TestPatch patch) => new AnswersVictim(await PatchableTarget.StartAsync(program, patch));

    public override Task ExpectRunsOnAsync(int turn, int old) => ExpectAsync(counts => counts.Sum() > 0);

    // A thread may have asked before it migrated, and count it only now.
    public override Task ExpectVersionAsync(int version) => ExpectAsync(counts => counts[version - 1] > 0 && counts[2 - version] == 0);

    public override ValueTask DisposeAsync() => target.DisposeAsync();

    private async Task ExpectAsync(Func<ImmutableArray<long>, bool> isRight)
    {
        string report = await Until.TrueAsync(() => target.AskAsync("report", Cancel), line => isRight([.. line.Split(' ')[1..3].Select(long.Parse)]));
        Assert.EndsWith(" wrong 0", report, StringComparison.Ordinal);
    }
}
