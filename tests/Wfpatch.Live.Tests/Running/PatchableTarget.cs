// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Live.Controllers;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Running;

/// <summary>
/// Starts test programs that have room for a patch. Where a jump of one byte leads depends on the addresses that the kernel
/// gave to a run; in one of some hundred it leads into the heap, and then the patch is refused (WF404). What these tests are
/// about begins behind that, so they take the next run.
/// </summary>
public static class PatchableTarget
{
    private const int MostStarts = 20;

    public static Task<TestTarget> StartAsync(string program, TestPatch patch, params ImmutableArray<string> arguments) =>
        StartAsync(program, patch, new TargetOptions { Arguments = arguments });

    public static async Task<TestTarget> StartAsync(string program, TestPatch patch, TargetOptions options)
    {
        for (int start = 1; ; start++)
        {
            TestTarget target = await TestTarget.StartAsync(program, options, TestContext.Current.CancellationToken);
            try
            {
                var report = await InProcess.CheckAsync(target.Id, patch);
                bool lacksRoom = report.Outcome == Outcome.Refused && report.Refusals.All(r => r.Code is "WF404");
                if (!lacksRoom || start == MostStarts)
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
}
