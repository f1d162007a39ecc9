// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Running;

/// <summary>
/// Starts test programs that have room for a patch. Where a jump of one byte leads depends on the addresses that the kernel
/// gave to a run; in one of some hundred it leads into the heap, and then the patch is refused (WF404). What these tests are
/// about begins behind that, so they take the next run. Each start is counted (<see cref="Starts"/>).
/// </summary>
public static class PatchableTarget
{
    private const int MostStarts = 20;

    public static Task<TestTarget> StartAsync(string program, TestPatch patch, params ImmutableArray<string> arguments) =>
        StartAsync(program, patch, new TargetOptions { Arguments = arguments });

    public static Task<TestTarget> StartAsync(string program, TestPatch patch, TargetOptions options) =>
        StartAsync(() => TestTarget.StartAsync(program, options, TestContext.Current.CancellationToken), target => target.Id, patch);

    /// <summary>The first program that <paramref name="start"/> gives in which all patches have room.</summary>
    public static async Task<T> StartAsync<T>(Func<Task<T>> start, Func<T, int> process, params ImmutableArray<TestPatch> patches)
        where T : IAsyncDisposable
    {
        for (int count = 1; ; count++)
        {
            T target = await start();
            try
            {
                var without = new List<string>();
                foreach (var patch in patches)
                {
                    var report = await InProcess.CheckAsync(process(target), patch);
                    without.AddRange(report.Refusals.Where(r => r.Code == "WF404").Select(_ => patch.Patch.Name).Take(1));
                }
                if (!await LacksRoomAsync(count, without))
                {
                    return target;
                }
            }
            catch
            {
                await target.DisposeAsync();
                throw;
            }
            await target.DisposeAsync();
        }
    }

    /// <summary>Counts a start, and says whether there must be another one. That there are too many is a failure.</summary>
    /// <param name="count">1 for the first one.</param>
    /// <param name="without">The patches that had no room.</param>
    public static async Task<bool> LacksRoomAsync(int count, IReadOnlyCollection<string> without)
    {
        (await TestContext.Current.GetFixture<Starts>())!.Count(again: count > 1);
        if (without.Count == 0)
        {
            return false;
        }
        string names = string.Join(", ", without);
        TestContext.Current.TestOutputHelper?.WriteLine($"start {count}: no room for {names} (WF404)");
        Assert.True(count < MostStarts, $"no room for {names} in {count} runs, one after another");
        return true;
    }
}
