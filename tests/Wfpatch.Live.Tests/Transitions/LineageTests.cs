// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>While a patch is tried on canaries, what they create follows them, and what others create stays with the others.</summary>
public sealed class LineageTests(ITestOutputHelper output)
{
    private const int Cycles = 5;
    private const long Enough = 60;

    private sealed record Parent(int Tid, int Latest, long Children, long Strangers);

    private sealed record LineageReport(long Mixed, ImmutableArray<Parent> Parents);

    [Theory]
    [InlineData(Policy.Points)]
    [InlineData(Policy.Stack)]
    public async Task Children_are_in_their_parents_generation(Policy policy)
    {
        var patch = await TestPatches.GetAsync("lineage");
        await using TestTarget lineage = await PatchableTarget.StartAsync("lineage", patch);
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            var start = await ReportAsync(lineage);
            ImmutableArray<int> chosen = [start.Parents[cycle % 4].Tid, start.Parents[(cycle + 1) % 4].Tid];
            await InProcess.ApplyAsync(lineage.Id, patch, policy, profile: InProcess.SampleProfile, canary: CanaryChoice.Of(chosen)).ExpectAsync(Outcome.Canary);

            // The iteration in which a parent was when it migrated has ended.
            var from = await AfterAsync(lineage, 2);
            Assert.All(from.Parents, p => Assert.Equal((p.Tid, chosen.Contains(p.Tid) ? 2 : 1), (p.Tid, p.Latest)));
            var to = await AfterAsync(lineage, Enough);
            Assert.All(to.Parents, p => Assert.Equal((p.Tid, chosen.Contains(p.Tid) ? 2 : 1), (p.Tid, p.Latest)));
            // Strangers are counted with each child; those before this canary were counted while everybody migrated.
            Assert.Equal(start.Parents.Select(p => p.Strangers), to.Parents.Select(p => p.Strangers));

            if (cycle % 2 == 0)
            {
                await InProcess.RevertAsync(lineage.Id, policy: policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
            }
            else
            {
                await InProcess.AdvanceAsync(lineage.Id).ExpectAsync(Outcome.Done);
                Assert.All((await AfterAsync(lineage, 2)).Parents, p => Assert.Equal(2, p.Latest));
                await InProcess.RevertAsync(lineage.Id, policy: policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
            }
            Assert.All((await AfterAsync(lineage, 2)).Parents, p => Assert.Equal(1, p.Latest));
        }
        var end = await ReportAsync(lineage);
        output.WriteLine($"{policy}: {end.Parents.Sum(p => p.Children)} children");
        if (policy == Policy.Points)
        {
            Assert.Equal(0, end.Mixed);
        }
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 1)]
    public async Task A_forked_child_has_the_open_transition_and_its_parents_generation(int parent, int version)
    {
        var patch = await TestPatches.GetAsync("lineage");
        await using TestTarget lineage = await PatchableTarget.StartAsync("lineage", patch);
        int canary = (await ReportAsync(lineage)).Parents[0].Tid;
        await InProcess.ApplyAsync(lineage.Id, patch, Policy.Points, profile: InProcess.SampleProfile, canary: CanaryChoice.Of(canary)).ExpectAsync(Outcome.Canary);

        string[] said = (await lineage.AskAsync($"fork {parent}", TestContext.Current.CancellationToken)).Split(' ');
        int child = int.Parse(said[1], CultureInfo.InvariantCulture);
        Assert.Equal(("child", $"{version}"), (said[0], said[2]));
        var status = await InProcess.StatusAsync(child);
        var thread = Assert.Single(status.Threads);
        Assert.Equal((child, (uint)(version - 1)), (thread.Id, thread.Generation));
        // Each process goes on by itself.
        await InProcess.AdvanceAsync(child).ExpectAsync(Outcome.Done);
        Assert.Equal(Outcome.Canary, (await InProcess.StatusAsync(lineage.Id)).Outcome);
        await InProcess.RevertAsync(lineage.Id).ExpectAsync(Outcome.Done);
        await InProcess.RevertAsync(child).ExpectAsync(Outcome.Done);
    }

    /// <summary>The first report in which each parent has had so many children more.</summary>
    private static async Task<LineageReport> AfterAsync(TestTarget lineage, long children)
    {
        var start = await ReportAsync(lineage);
        return await Until.TrueAsync(() => ReportAsync(lineage), now => now.Parents.Zip(start.Parents).All(p => p.First.Children >= p.Second.Children + children));
    }

    private static async Task<LineageReport> ReportAsync(TestTarget lineage) =>
        JsonSerializer.Deserialize<LineageReport>(await lineage.AskAsync("report", TestContext.Current.CancellationToken), JsonSerializerOptions.Web)!;
}
