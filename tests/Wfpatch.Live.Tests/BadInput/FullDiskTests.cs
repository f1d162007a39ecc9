// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>There is no room for the patch file: the command says so, and leaves no half of it.</summary>
public sealed class FullDiskTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_device_is_full()
    {
        var report = await WfpatchCommand.RunAsync(["build", "--old", await ObjectsAsync(1), "--new", await ObjectsAsync(2), "-o", "/dev/full"]);
        report.ExpectFailure("refused", "WF240", "/dev/full", "No space left");
        Assert.False(File.Exists("/dev/full.part"));
        Assert.Equal("character special file", (await RunAsync("stat", "-c", "%F", "/dev/full")).Output.Trim()); // it was not replaced by a file
    }

    [Fact]
    public async Task The_folder_is_full()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount a small file system");
        string folder = Path.GetDirectoryName(ScratchFolder.NewFile("x"))!;
        const string Script = """
            mount -t tmpfs -o size=64k,mode=700 wfpatch-test "$1" || exit 99
            echo before >"$1/old.wfp"
            head -c 64k /dev/zero >"$1/filler" 2>/dev/null
            shift
            "$@"
            code=$?
            ls "$0"
            cat "$0/old.wfp"
            exit $code
            """;
        // A mount namespace of its own: the mount is gone with it.
        var result = await RunAsync(
            "unshare", "--mount", "sh", "-c", Script, folder, folder,
            WfpatchCommand.Path, "build", "--old", await ObjectsAsync(1), "--new", await ObjectsAsync(2), "-o", Path.Combine(folder, "old.wfp"));
        Assert.SkipWhen(result.Status.Code is 99 || result.Errors.Contains("unshare", StringComparison.Ordinal), "no file system can be mounted here");
        Assert.Equal((1, "filler\nold.wfp\nbefore\n"), (result.Status.Code, result.Output));
        Assert.Contains("\nwfpatch: WF240 ", result.Errors, StringComparison.Ordinal);
        Assert.Contains("No space left", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_folder_is_not_there()
    {
        string file = Path.Combine(ScratchFolder.NewFile("missing"), "fix.wfp");
        var report = await WfpatchCommand.RunAsync(["build", "--old", await ObjectsAsync(1), "--new", await ObjectsAsync(2), "-o", file]);
        report.ExpectFailure("refused", "WF240", file);
    }

    private static Task<string> ObjectsAsync(int version) => TargetSource.Sample.ObjectsAsync(version, cancel: Cancel);

    private static Task<CommandResult> RunAsync(string file, params ReadOnlySpan<string> arguments) => ChildProcess.RunAsync(CommandLine.Of(file, arguments), Cancel);
}
