// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Cases;
using Xunit;

namespace Wfpatch.Live.Tests.Cases;

/// <summary>
/// Every case with a driver, in several builds: a running old program that is patched does what the new program does that was built from scratch;
/// after the revert it does what the old one does. Where a case is refused, by the build or by the target, it is with the expected code. The old and the new program differ in what they do, else the case proves nothing.
/// </summary>
public sealed class BehaviourTests
{
    public static TheoryData<string, string> Runs
    {
        get
        {
            var runs = new TheoryData<string, string>();
            foreach (var (index, name) in BehaviourCase.Names.Index())
            {
                foreach (var build in CaseBuilds.Of(index, CaseExpectation.Read(name).Compiler))
                {
                    runs.Add(name, build.Name);
                }
            }
            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task A_patched_program_does_what_the_new_one_does(string name, string build)
    {
        var @case = await BehaviourCase.BuildAsync(name, CaseBuilds.Find(build));
        string before = await CasePrograms.RunOnceAsync(@case.OldProgram);
        string after = await CasePrograms.RunOnceAsync(@case.NewProgram);
        Assert.NotEqual(before, after);
        var (patch, refusals) = await @case.PatchAsync();
        if (patch is null)
        {
            Assert.True(@case.Refusal is not null, string.Join('\n', refusals));
            Assert.Contains(refusals, r => r.Code == @case.Refusal);
            return;
        }
        await using var program = await CasePrograms.StartPatchableAsync(@case.OldProgram, patch);
        Assert.Equal(before, await program.DriveAsync());
        if (@case.Refusal is { } code)
        {
            var refused = await InProcess.ApplyAsync(program.Id, patch).ExpectAsync(Outcome.Refused);
            Assert.All(refused.Refusals, r => Assert.Equal(code, r.Code));
            Assert.Equal(before, await program.DriveAsync());
            return;
        }
        await InProcess.ApplyAsync(program.Id, patch).ExpectAsync(Outcome.Done);
        Assert.Equal(after, await program.DriveAsync());
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        Assert.Equal(before, await program.DriveAsync());
    }
}
