// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Code;

/// <summary>Code for the large and the medium model counts from the object's table of addresses: old code is matched and new code linked in each.</summary>
public sealed class CodeModelTests
{
    private static readonly int[] Lengths = ["one".Length, "three".Length, "fifteen".Length];

    [Theory]
    [InlineData("-mcmodel=large -O2", "l")]
    [InlineData("-mcmodel=large -O0", "n")]
    [InlineData("-mcmodel=large -O3 -fno-plt", "l")]
    [InlineData("-mcmodel=large -O2 -Wl,-z,lazy", "lo")]
    [InlineData("-mcmodel=medium -mlarge-data-threshold=64 -O2", "l")]
    [InlineData("-mcmodel=medium -mlarge-data-threshold=1 -O0", "n")]
    [InlineData("-mcmodel=medium -mlarge-data-threshold=1 -O1 -fno-plt", "l")]
    public async Task A_library_is_patched(string compile, string load)
    {
        var library = await TestLibrary.BuildAsync("models-library", [.. compile.Split(' ')]);
        await using var program = await LibraryProgram.StartWithAsync(library, load);
        await ExpectAsync(program, library.Patch);
    }

    [Theory]
    [InlineData("-fno-pic -no-pie -mcmodel=large -O2")]
    [InlineData("-fno-pic -no-pie -mcmodel=large -O0")]
    [InlineData("-fno-pic -no-pie -mcmodel=medium -mlarge-data-threshold=64 -O2")]
    [InlineData("-fPIE -pie -mcmodel=large -O2")]
    [InlineData("-fPIE -pie -mcmodel=medium -mlarge-data-threshold=64 -O0")]
    public async Task A_program_is_patched(string compile)
    {
        var (program, patch) = await LibraryProgram.StartStaticAsync("models-library", [.. compile.Split(' ')]);
        await using var running = program;
        await ExpectAsync(running, patch);
    }

    private static async Task ExpectAsync(LibraryProgram program, TestPatch patch)
    {
        int calls = 0;
        await StepsAsync(1);
        await InProcess.ApplyAsync(program.Id, patch).ExpectAsync(Outcome.Done);
        await StepsAsync(2);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await StepsAsync(1);

        // Each thread counts its calls, across versions.
        async Task StepsAsync(int version)
        {
            for (int i = 0; i < 6; i++)
            {
                int expected = StepOf(version, ++calls);
                await program.ExpectAsync("step", expected, expected, expected);
            }
        }
    }

    private static int StepOf(int version, int call)
    {
        int Exported(int x) => x + 7 + (version * 100);
        int chosen = (call % 6) switch { 0 => Exported(1), 1 => 7, 2 => 5, 3 => 7 + version, 4 => Lengths[call % 3], _ => 11 };
        int sum = (10000 * version) + chosen + 4 + 1;
        for (int i = 0; i < 3; i++)
        {
            sum += ((call + i) % 3) switch { 0 => Exported(i), 1 => i + 5, _ => i };
        }
        return version == 1 ? sum : sum + call;
    }
}
