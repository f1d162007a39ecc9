// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Cases;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Cases;

/// <summary>Starts and drives programs of cases, with the limits of a test.</summary>
public static class CasePrograms
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Starts it until it has room for the patch: where a jump of one byte leads depends on the run (see PatchableTarget).</summary>
    public static Task<DrivenProgram> StartPatchableAsync(string path, TestPatch patch) =>
        PatchableTarget.StartAsync(() => DrivenProgram.StartAsync(CommandLine.Of(path), DrivenProgram.Ample, Cancel), p => p.Id, patch);

    /// <summary>What a program prints that is driven once.</summary>
    public static async Task<string> RunOnceAsync(string path)
    {
        await using var program = await DrivenProgram.StartAsync(CommandLine.Of(path), DrivenProgram.Ample, Cancel);
        return await program.DriveAsync();
    }

    public static Task<string> DriveAsync(this DrivenProgram program) => program.DriveAsync(Cancel);
}
