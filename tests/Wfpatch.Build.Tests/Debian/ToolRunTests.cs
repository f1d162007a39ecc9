// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Wfpatch.Build.Processes;
using Xunit;

namespace Wfpatch.Build.Tests.Debian;

public sealed class ToolRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Output_goes_to_the_log_and_back()
    {
        string log = _folder.At("log");
        var result = await new ToolRun(log, CancellationToken.None).RunAsync("sh", "-c", "echo out; echo err >&2; exit 3");
        Assert.Equal((3, "out\n", false), (result.ExitCode, result.Output, result.IsOk));
        string[] lines = await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken);
        Assert.Contains("out", lines);
        Assert.Contains("err", lines);
    }

    [Fact]
    public async Task The_user_s_flags_do_not_reach_a_build()
    {
        Environment.SetEnvironmentVariable("CFLAGS", "-O0");
        try
        {
            var result = await new ToolRun(null, CancellationToken.None).With("KEPT", "yes").RunAsync("sh", "-c", "echo \"$CFLAGS|$KEPT|$LC_ALL\"");
            Assert.Equal("|yes|C.UTF-8\n", result.Output);
        }
        finally
        {
            Environment.SetEnvironmentVariable("CFLAGS", null);
        }
    }

    [Fact]
    public async Task A_missing_tool_is_told() =>
        Assert.Equal("no-such-tool-here", (await new ToolRun(null, CancellationToken.None).RunAsync("no-such-tool-here")).Missing);

    [Fact]
    public async Task Cancelling_ends_the_tool_and_its_children()
    {
        using var cancel = new CancellationTokenSource();
        string marker = _folder.At("child");
        var run = new ToolRun(null, cancel.Token).RunAsync("sh", "-c", $"sleep 600 & echo $! > {marker}.new; mv {marker}.new {marker}; wait");
        var patience = Stopwatch.StartNew();
        while (!File.Exists(marker))
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), "the tool never started");
            await Task.Yield();
        }
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        int child = int.Parse((await File.ReadAllTextAsync(marker, TestContext.Current.CancellationToken)).Trim());
        while (Directory.Exists($"/proc/{child}") && !File.ReadAllText($"/proc/{child}/stat").Contains(") Z ", StringComparison.Ordinal))
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), "the child lives on");
            await Task.Yield();
        }
    }
}
