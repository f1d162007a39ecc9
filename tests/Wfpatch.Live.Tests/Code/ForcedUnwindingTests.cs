// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Compilers;
using Xunit;

namespace Wfpatch.Live.Tests.Code;

/// <summary>pthread_cancel and pthread_exit unwind through new frames of C and run their cleanups; backtrace() sees what is behind them.</summary>
public sealed class ForcedUnwindingTests
{
    public static CompileOptions WithExceptions { get; } = CompileOptions.Debian with { Flags = [.. CompileOptions.Debian.Flags, "-fexceptions"] };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Threads_that_are_cancelled_or_leave_in_new_code_clean_up()
    {
        await using var program = await CxxProgram.StartAsync(WithExceptions, "unwound");
        string depth = (await AskAsync("frames")).Split(' ')[0];
        Assert.True(int.Parse(depth, System.Globalization.CultureInfo.InvariantCulture) > 2);
        for (int round = 0; round < 2; round++)
        {
            await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
            Assert.Equal("2 1 1", await AskAsync("cancel"));
            Assert.Equal("2 1 1", await AskAsync("exit"));
            Assert.Equal($"{depth} 2", await AskAsync("frames"));
            await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
            Assert.Equal("1 1 1", await AskAsync("cancel"));
            Assert.Equal("1 1 1", await AskAsync("exit"));
            Assert.Equal($"{depth} 1", await AskAsync("frames"));
        }

        Task<string> AskAsync(string command) => program.Target.AskAsync(command, Cancel);
    }

    [Fact]
    public async Task Where_no_unwinder_is_loaded_yet_C_is_patched_and_the_next_transition_shows_it_to_the_one_that_came()
    {
        await using var program = await CxxProgram.StartAsync(CompileOptions.Debian, "unwound");
        Assert.DoesNotContain("libgcc_s", await File.ReadAllTextAsync($"/proc/{program.Id}/maps", Cancel), StringComparison.Ordinal);
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        Assert.Equal("2 0 0", await program.Target.AskAsync("cancel", Cancel));
        Assert.Equal("2 0 0", await program.Target.AskAsync("exit", Cancel));
        Assert.Contains("libgcc_s", await File.ReadAllTextAsync($"/proc/{program.Id}/maps", Cancel), StringComparison.Ordinal);

        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        string depth = (await program.Target.AskAsync("frames", Cancel)).Split(' ')[0];
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        Assert.Equal($"{depth} 2", await program.Target.AskAsync("frames", Cancel));
        var verified = new Commands(new NativeLinux()).Verify(program.Id);
        Assert.True(verified.Outcome == Outcome.Done, $"{verified.Message} {string.Join("; ", verified.Refusals)}");
    }
}
