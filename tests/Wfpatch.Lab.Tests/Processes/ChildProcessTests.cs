// SPDX-License-Identifier: Apache-2.0
using System.ComponentModel;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Lab.Tests.Processes;

public sealed class ChildProcessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_gives_output_errors_and_exit_code()
    {
        CommandResult result = await ChildProcess.RunAsync(CommandLine.Of("sh", "-c", "echo out; echo err >&2; exit 3"), Cancel);
        Assert.Equal("out\n", result.Output);
        Assert.Equal("err\n", result.Errors);
        Assert.Equal((3, 0), (result.Status.Code, result.Status.Signal));
        Assert.Throws<InvalidOperationException>(result.OrThrow);
    }

    [Fact]
    public async Task Run_passes_folder_and_environment()
    {
        CommandLine command = CommandLine.Of("sh", "-c", "pwd; echo $WF_TEST") with
        {
            Folder = "/usr",
            Environment = System.Collections.Immutable.ImmutableDictionary<string, string>.Empty.Add("WF_TEST", "a b"),
        };
        Assert.Equal("/usr\na b\n", (await ChildProcess.RunAsync(command, Cancel)).Output);
    }

    [Fact]
    public void A_program_that_is_not_there_is_named() =>
        Assert.Contains("no-such-program", Assert.Throws<Win32Exception>(() => ChildProcess.Start(CommandLine.Of("no-such-program"))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Lines_go_both_ways()
    {
        await using ChildProcess cat = ChildProcess.Start(CommandLine.Of("cat"));
        cat.WriteLine("one");
        Assert.Equal("one", await cat.ReadLineAsync(Cancel));
        cat.CloseInput();
        Assert.Null(await cat.ReadLineAsync(Cancel));
        Assert.True((await cat.WaitForExitAsync(Cancel)).IsSuccess);
        Assert.True(cat.HasEnded);
    }

    [Fact]
    public async Task The_signal_that_ended_it_is_told()
    {
        await using ChildProcess child = ChildProcess.Start(CommandLine.Of("sh", "-c", "kill -SEGV $$"));
        ExitStatus status = await child.WaitForExitAsync(Cancel);
        Assert.Equal((-1, 11), (status.Code, status.Signal));
    }

    [Fact]
    public async Task Dispose_kills_and_reaps()
    {
        ChildProcess child = ChildProcess.Start(CommandLine.Of("sleep", "1000"));
        Assert.False(child.HasEnded);
        Assert.True(Directory.Exists($"/proc/{child.Id}"));
        await child.DisposeAsync();
        Assert.False(Directory.Exists($"/proc/{child.Id}"));
    }

    [Fact]
    public async Task A_child_has_default_signals_and_no_descriptor_of_ours()
    {
        // The run-time library ignores SIGPIPE; a child must not inherit that.
        CommandResult result = await ChildProcess.RunAsync(CommandLine.Of("sh", "-c", "grep SigIgn /proc/self/status; ls /proc/self/fd | wc -l"), Cancel);
        string[] lines = result.Output.Split('\n');
        ulong ignored = Convert.ToUInt64(lines[0]["SigIgn:\t".Length..], 16);
        Assert.Equal(0UL, ignored & (1UL << (13 - 1))); // SIGPIPE
        Assert.Equal("4", lines[1]); // 0, 1, 2, and the one with which ls reads the folder
    }

    [Fact]
    public async Task Many_children_at_once_are_each_reaped_with_their_own_code()
    {
        ExitStatus[] ends = await Task.WhenAll(Enumerable.Range(0, 40).Select(async code =>
            (await ChildProcess.RunAsync(CommandLine.Of("sh", "-c", $"exit {code}"), Cancel)).Status));
        Assert.Equal(Enumerable.Range(0, 40), ends.Select(end => end.Code));
    }
}
