// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>A process that is not there.</summary>
public sealed class ProcessTests
{
    /// <summary>Beyond the largest pid that a kernel gives (PID_MAX_LIMIT, 2^22).</summary>
    private const int NoPid = 4_194_305;

    public static TheoryData<string> Commands => ["check", "apply", "status", "revert"];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task There_is_no_such_process(string command)
    {
        var report = await WfpatchCommand.RunAsync(await ArgumentsAsync(command, NoPid.ToString(CultureInfo.InvariantCulture)));
        report.ExpectFailure("gone", null, $"{NoPid}");
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task It_has_ended_and_nobody_has_asked_how(string command)
    {
        await using var ended = ChildProcess.Start(CommandLine.Of("true"));
        await Until.TrueAsync(() => ended.HasEnded);
        var report = await WfpatchCommand.RunAsync(await ArgumentsAsync(command, ended.Id.ToString(CultureInfo.InvariantCulture)));
        report.ExpectFailure("gone", null, $"{ended.Id}");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("99999999999")]
    [InlineData("0x10")]
    [InlineData("self")]
    [InlineData("")]
    public async Task That_is_no_process_id(string pid)
    {
        var report = await WfpatchCommand.RunAsync(await ArgumentsAsync("status", pid));
        report.ExpectFailure("usage", null, "wfpatch status --help");
        report = await WfpatchCommand.RunAsync(await ArgumentsAsync("apply", pid));
        report.ExpectFailure("usage", null, "wfpatch apply --help");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(NoPid)]
    public async Task The_library_says_gone(int process)
    {
        var patch = await TestPatches.GetAsync("sample");
        await InProcess.ApplyAsync(process, patch).ExpectAsync(Outcome.Gone);
        await InProcess.CheckAsync(process, patch).ExpectAsync(Outcome.Gone);
        await InProcess.RevertAsync(process).ExpectAsync(Outcome.Gone);
        Assert.Equal(Outcome.Gone, (await InProcess.StatusAsync(process)).Outcome);
    }

    private static async Task<ImmutableArray<string>> ArgumentsAsync(string command, string pid) => command is "apply" or "check"
        ? [command, (await TestPatches.GetAsync("sample")).File, "--pid", pid]
        : [command, "--pid", pid];
}
