// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.Cases;

/// <summary>
/// Every case with a driver, in several builds: a running old program that is patched does what the new program does that was built from scratch;
/// after the revert it does what the old one does. The old and the new program differ in what they do, else the case proves nothing.
/// </summary>
public sealed class BehaviourTests
{
    private static readonly CaseBuild Debian = new("debian", false, ["-O2", "-fPIE", "-pie", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2"]);

    /// <summary>Each case is built as Debian builds, and in three of these, in turn.</summary>
    private static readonly ImmutableArray<CaseBuild> Others =
    [
        new("gcc-O0", false, ["-O0", "-fPIE", "-pie"]),
        new("clang-O2", true, ["-O2", "-fPIE", "-pie"]),
        new("gcc-O3-cet", false, ["-O3", "-fPIE", "-pie", "-fcf-protection=full", "-fstack-clash-protection"]),
        new("gcc-O1-nopie", false, ["-O1", "-fno-pie", "-no-pie"]),
        new("clang-O1-fortify", true, ["-O1", "-fPIE", "-pie", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong"]),
        new("gcc-Os", false, ["-Os", "-fPIE", "-pie", "-fstack-protector-strong"]),
        new("gcc-O2-pic", false, ["-O2", "-fPIC", "-pie"]),
        new("clang-Os", true, ["-Os", "-fPIE", "-pie"]),
        new("gcc-O2-nopie-cet", false, ["-O2", "-fno-pie", "-no-pie", "-fcf-protection=full"]),
        new("clang-O3-nopie", true, ["-O3", "-fno-pie", "-no-pie"]),
        new("gcc-O3-common", false, ["-O3", "-fPIE", "-pie", "-fcommon", "-fno-plt"]),
        new("clang-O0", true, ["-O0", "-fPIE", "-pie"]),
    ];

    public static TheoryData<string, string> Runs
    {
        get
        {
            var runs = new TheoryData<string, string>();
            foreach (var (index, name) in BehaviourCase.Names.Index())
            {
                runs.Add(name, Debian.Name);
                for (int i = 0; i < 3; i++)
                {
                    runs.Add(name, Others[((index * 3) + i) % Others.Length].Name);
                }
            }
            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task A_patched_program_does_what_the_new_one_does(string name, string build)
    {
        var @case = await BehaviourCase.BuildAsync(name, Others.Append(Debian).First(b => b.Name == build));
        string before = await DrivenProgram.RunOnceAsync(@case.OldProgram);
        string after = await DrivenProgram.RunOnceAsync(@case.NewProgram);
        Assert.NotEqual(before, after);
        var (patch, refusals) = await @case.PatchAsync();
        Assert.True(patch is not null, refusals);
        await using var program = await DrivenProgram.StartPatchableAsync(@case.OldProgram, patch);
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
