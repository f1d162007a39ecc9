// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Wfpatch.Build;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Libraries;

/// <summary>What the engine takes from glibc (the thread control block, start_thread, clone, clone3, the unwinder's lookup) it finds by the library's own
/// facts: so it works with every version that the distribution's suites have.</summary>
public sealed class GlibcTests
{
    private const string Oldest = "bullseye";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>glibc 2.31, 2.36, 2.41, and the newest.</summary>
    public static TheoryData<string> Suites => [Oldest, "bookworm", "trixie", "sid"];

    [Theory]
    [MemberData(nameof(Suites))]
    public async Task Threads_are_born_in_the_generation_of_all_and_of_canaries(string suite)
    {
        var (target, patch) = await StartAsync(suite, "lineage", ["handle_request"]);
        await using var lineage = target;
        foreach (var policy in (ImmutableArray<Policy>)[Policy.Points, Policy.Stack])
        {
            await InProcess.ApplyAsync(lineage.Id, patch, policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
            await ExpectVersionsAsync(lineage, [2, 2, 2, 2]);
            await InProcess.ExpectNoDifferenceAsync(lineage.Id);
            await InProcess.RevertAsync(lineage.Id, policy: policy, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
            await ExpectVersionsAsync(lineage, [1, 1, 1, 1]);
        }

        var before = await ReportAsync(lineage);
        await InProcess.ApplyAsync(lineage.Id, patch, Policy.Points, profile: InProcess.SampleProfile, canary: CanaryChoice.Of(before.Parents[1].Tid)).ExpectAsync(Outcome.Canary);
        await ExpectVersionsAsync(lineage, [1, 2, 1, 1]);
        var after = await ReportAsync(lineage);
        await Until.TrueAsync(() => ReportAsync(lineage), now => now.Parents.Zip(after.Parents).All(p => p.First.Children >= p.Second.Children + 30));
        Assert.Equal(after.Parents.Select(p => p.Strangers), (await ReportAsync(lineage)).Parents.Select(p => p.Strangers));
        await InProcess.RevertAsync(lineage.Id, policy: Policy.Points, profile: InProcess.SampleProfile).ExpectAsync(Outcome.Done);
        await ExpectVersionsAsync(lineage, [1, 1, 1, 1]);
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public async Task Threads_are_cancelled_and_leave_in_new_code(string suite)
    {
        var (target, patch) = await StartAsync(suite, "unwound", [], "-fexceptions");
        await using var unwound = target;
        for (int round = 0; round < 2; round++)
        {
            await InProcess.ApplyAsync(unwound.Id, patch).ExpectAsync(Outcome.Done);
            Assert.Equal("2 1 1", await unwound.AskAsync("cancel", Cancel));
            Assert.Equal("2 1 1", await unwound.AskAsync("exit", Cancel));
            await InProcess.RevertAsync(unwound.Id).ExpectAsync(Outcome.Done);
            Assert.Equal("1 1 1", await unwound.AskAsync("cancel", Cancel));
        }
    }

    private sealed record Parent(int Tid, int Latest, long Children, long Strangers);

    private sealed record LineageReport(ImmutableArray<Parent> Parents);

    private static async Task<LineageReport> ReportAsync(TestTarget lineage) =>
        JsonSerializer.Deserialize<LineageReport>(await lineage.AskAsync("report", Cancel), JsonSerializerOptions.Web)!;

    private static Task<LineageReport> ExpectVersionsAsync(TestTarget lineage, ImmutableArray<int> versions) =>
        Until.TrueAsync(() => ReportAsync(lineage), now => now.Parents.Select(p => p.Latest).SequenceEqual(versions));

    private static async Task<(TestTarget Target, TestPatch Patch)> StartAsync(string suite, string program, ImmutableArray<string> points, params ImmutableArray<string> flags)
    {
        var (root, why) = await LibraryRoots.GetAsync(suite, suite, "libc6", "libc6-dev", "libcrypt-dev", "linux-libc-dev", "libgcc-s1");
        Assert.SkipWhen(root is null, why);
        // A program that was linked with the machine's library runs on a newer one; for an older one it is compiled anew.
        var compiled = CompileOptions.Debian with { Flags = [.. CompileOptions.Debian.Flags, .. flags, .. suite == Oldest ? LibraryRoots.CompileFlags(root!) : []] };
        var linked = compiled with { Flags = [.. compiled.Flags, .. LibraryRoots.RunFlags(root!)] };
        var source = TargetSource.Find(program);
        var built = TreeBuild.Run(await source.ObjectsAsync(1, compiled, Cancel), await source.ObjectsAsync(2, compiled, Cancel), new() { Name = $"{program}-{suite}", PointNames = points });
        string file = ScratchFolder.NewFile($"{program}-{suite}.wfp");
        await File.WriteAllBytesAsync(file, built.Bytes, Cancel);
        var patch = new TestPatch(built.Patch ?? throw new InvalidOperationException(string.Join('\n', built.Refusals)), file);
        var target = await PatchableTarget.StartAsync(() => TestTarget.StartAsync(source, new() { Compile = linked }, Cancel), t => t.Id, patch);
        Assert.Contains(root!, await File.ReadAllTextAsync($"/proc/{target.Id}/maps", Cancel), StringComparison.Ordinal);
        return (target, patch);
    }
}
