// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Running;
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

    private static void ExpectAsItsStateSays(int process)
    {
        var report = new Commands(new NativeLinux()).Verify(process);
        Assert.True(report.Outcome == Outcome.Done, $"{report.Message} {string.Join("; ", report.Refusals)}");
    }
}
