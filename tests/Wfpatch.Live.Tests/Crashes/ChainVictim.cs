// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>Two threads whose answers tell which versions of two functions gave them, patched under the policy stack: no answer may ever be of a mixture.</summary>
internal sealed class ChainVictim(ChainTarget target) : Victim
{
    private static readonly ImmutableArray<int> Answers = [11, 21, 23];

    public override int Id => target.Id;

    public override Policy Policy => Policy.Stack;

    public static async Task<Victim> StartAsync(params ImmutableArray<TestPatch> patches) => new ChainVictim(await ChainTarget.StartAsync(patches));

    public override async Task ExpectRunsOnAsync(int turn, int old)
    {
        await target.AskAsync("report");
        await target.ExpectNothingButAsync([.. Answers]);
    }

    public override async Task ExpectVersionAsync(int version)
    {
        int answer = Answers[version - 1];
        await target.ExpectAsync($"{answer} {answer}");
        await target.ExpectNothingButAsync([.. Answers]);
    }

    public override ValueTask DisposeAsync() => target.DisposeAsync();
}
