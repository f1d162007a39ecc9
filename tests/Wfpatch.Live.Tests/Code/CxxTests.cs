// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Matrix;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Compilers;
using Xunit;

namespace Wfpatch.Live.Tests.Code;

/// <summary>
/// Exceptions, objects and types cross the border between old and new code while threads run: exceptions thrown, caught, passed
/// through and thrown again; destructors; type information; virtual, inline and template functions; thread-local variables; frames.
/// </summary>
public sealed class CxxTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("-O0")]
    [InlineData("-O1")]
    [InlineData("-O2")]
    [InlineData("-O3")]
    public async Task Exceptions_and_types_cross_the_border_there_and_back(string level)
    {
        await using var program = await CxxProgram.StartAsync(CxxProgram.Level(level));
        await program.ExpectOnlyAsync(1);
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        await program.ExpectOnlyAsync(2);
        ExpectAsItsStateSays(program.Id);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectOnlyAsync(1);
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        await program.ExpectOnlyAsync(2);
        ExpectAsItsStateSays(program.Id);
    }

    /// <summary>At the address that the linker chose the personality routine and the types of exceptions stand in tables of four-byte addresses.</summary>
    [Theory]
    [InlineData("gcc -O2 fixed no-frames no-marks")]
    [InlineData("gcc -O1 fixed frames marks")]
    [InlineData("gcc -O0 fixed frames no-marks")]
    [InlineData("clang -O1 fixed frames no-marks")]
    [InlineData("clang -O2 fixed no-frames marks")]
    [InlineData("clang -O3 fixed no-frames no-marks")]
    [InlineData("clang -O0 pie frames marks")]
    public async Task Exceptions_and_types_cross_the_border_however_it_was_compiled(string choice)
    {
        var compile = CompilerChoice.Of(choice);
        await using var program = await CxxProgram.StartAsync(compile with { Flags = [.. compile.Flags, "-fmerge-constants"] });
        await program.ExpectOnlyAsync(1);
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        await program.ExpectOnlyAsync(2);
        ExpectAsItsStateSays(program.Id);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectOnlyAsync(1);
    }

    /// <summary>One patch in place of another one: exceptions go through the new code of both while threads go over.</summary>
    [Fact]
    public async Task A_patch_that_replaces_another_one_takes_its_place_at_once()
    {
        await using var program = await CxxProgram.StartAsync();
        var alone = await CxxProgram.BuildAsync("cxx", CompileOptions.Debian, name: "alone");
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        await program.ExpectOnlyAsync(2);
        await InProcess.ApplyAsync(program.Id, alone, replaces: true).ExpectAsync(Outcome.Done);
        await program.ExpectOnlyAsync(2);
        ExpectAsItsStateSays(program.Id);
        Assert.Equal(["", alone.Patch.Id], (await InProcess.StatusAsync(program.Id)).Generations.Select(g => g.Patch));
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectOnlyAsync(1);
        ExpectAsItsStateSays(program.Id);
    }

    [Fact]
    public async Task An_exception_does_not_leave_a_new_function_that_is_noexcept()
    {
        await using var program = await CxxProgram.StartAsync();
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        Assert.Equal("terminated 2", await program.Target.AskAsync("close", Cancel));
        Assert.Equal(7, (await program.Target.Process.WaitForExitAsync(Cancel)).Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_static_variable_is_made_once_by_whoever_comes_first(bool newCodeFirst)
    {
        await using var program = await CxxProgram.StartAsync();
        if (!newCodeFirst)
        {
            Assert.Equal("guard 11 made 1", await program.Target.AskAsync("guard", Cancel));
        }
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        Assert.Equal("guard 12 made 1", await program.Target.AskAsync("guard", Cancel));
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        Assert.Equal("guard 11 made 1", await program.Target.AskAsync("guard", Cancel));
    }

    /// <summary>A copy of libgcc's unwinder in the program is not the one that is shown new code.</summary>
    [Theory]
    [InlineData("-static-libgcc")]
    [InlineData("-static-libgcc", "-static-libstdc++")]
    public async Task A_program_with_an_unwinder_of_its_own_is_refused(params string[] flags)
    {
        var options = CompileOptions.Debian with { Flags = [.. CompileOptions.Debian.Flags, .. flags] };
        await using var program = await CxxProgram.StartAsync(options);
        var refused = await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Refused);
        Assert.Contains(refused.Refusals, r => r.Code == "WF631");
        await program.ExpectOnlyAsync(1);
    }

    /// <summary>The frames of both patches are found, and those of the first one after the second came off.</summary>
    [Fact]
    public async Task Two_patches_of_one_process_throw_and_catch()
    {
        await using var program = await CxxProgram.StartAsync();
        var again = await CxxProgram.BuildAsync("cxx", CompileOptions.Debian, 2, 1, "cxx-back");
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        await program.ExpectOnlyAsync(2);
        await InProcess.ApplyAsync(program.Id, again).ExpectAsync(Outcome.Done);
        await program.ExpectOnlyAsync(1);
        ExpectAsItsStateSays(program.Id);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectOnlyAsync(2);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectOnlyAsync(1);
        ExpectAsItsStateSays(program.Id);
    }

    private static void ExpectAsItsStateSays(int process)
    {
        var report = new Commands(new NativeLinux()).Verify(process);
        Assert.True(report.Outcome == Outcome.Done, $"{report.Message} {string.Join("; ", report.Refusals)}");
    }
}
