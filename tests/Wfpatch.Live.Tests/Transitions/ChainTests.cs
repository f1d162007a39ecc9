// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>The new code of one patch calls a function that the next one replaces: each thread calls the one of its own generation.</summary>
public sealed class ChainTests
{
    private const int Rounds = 5;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task New_code_calls_what_a_later_patch_replaces_in_its_threads_generation()
    {
        var (first, second) = (await TestPatches.GetAsync("chain", 1, 2), await TestPatches.GetAsync("chain", 2, 3));
        await using var target = await PatchableTarget.StartAsync("chain", first);
        ImmutableArray<int> threads = [.. target.Greeting.Select(line => int.Parse(line["thread ".Length..], CultureInfo.InvariantCulture))];
        await ExpectAsync(target, "11 11");
        for (int round = 0; round < Rounds; round++)
        {
            int canary = round % 2;
            var applied = await InProcess.ApplyAsync(target.Id, first).ExpectAsync(Outcome.Done);
            Assert.Equal("outer", Assert.Single(applied.Functions).Name);
            await ExpectAsync(target, "21 21");
            var tried = await InProcess.ApplyAsync(target.Id, second, canary: CanaryChoice.Of([threads[canary]])).ExpectAsync(Outcome.Canary);
            Assert.Equal("inner", Assert.Single(tried.Functions).Name);
            await ExpectAsync(target, canary == 0 ? "23 21" : "21 23");
            await InProcess.AdvanceAsync(target.Id).ExpectAsync(Outcome.Done);
            await ExpectAsync(target, "23 23");
            await InProcess.ExpectNoDifferenceAsync(target.Id);
            await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
            await ExpectAsync(target, "21 21");
            await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
            await ExpectAsync(target, "11 11");
            await InProcess.ExpectNoDifferenceAsync(target.Id);
        }
    }

    /// <summary>A new one and nothing else, again and again.</summary>
    private static async Task ExpectAsync(TestTarget target, string answers)
    {
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(answers, await target.AskAsync("report", Cancel));
        }
    }
}
