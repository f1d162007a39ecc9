// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.CommandLines;

/// <summary>Arguments that make no sense, and the help that says which do.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("", "wfpatch --help")]
    [InlineData("frobnicate", "'frobnicate'")]
    [InlineData("apply", "--pid")]
    [InlineData("apply fix.wfp", "--pid")]
    [InlineData("check fix.wfp", "--pid")]
    [InlineData("apply --pid 1", "patch")]
    [InlineData("status", "--pid")]
    [InlineData("verify", "--pid")]
    [InlineData("symbols", "--pid")]
    [InlineData("revert", "--pid")]
    [InlineData("advance", "--pid")]
    [InlineData("status --pid 1 --name x", "--name")]
    [InlineData("apply fix.wfp --pid 1 --canary few", "'few'")]
    [InlineData("inspect", "patch")]
    [InlineData("status --pid 1 --pid 2", "--pid")]
    [InlineData("status --pid 1 --frobnicate", "'--frobnicate'")]
    [InlineData("status --pid 1 more", "'more'")]
    [InlineData("apply fix.wfp --pid 1 --timeout soon", "'soon'")]
    [InlineData("apply fix.wfp --pid 1 --timeout -1s", "'-1s'")]
    [InlineData("apply fix.wfp --pid 1 --timeout 10000000000000s", "'10000000000000s'")]
    [InlineData("apply fix.wfp --pid 1 --policy lazy", "'lazy'")]
    [InlineData("apply fix.wfp --pid 1 --policy 1", "'1'")]
    [InlineData("apply fix.wfp --pid 1 --backend paper", "'paper'")]
    [InlineData("build", "--output")]
    [InlineData("build -o fix.wfp", "--old")]
    [InlineData("build -o fix.wfp --old a.o", "--new")]
    [InlineData("build -o fix.wfp --deb memcached", "--patch")]
    [InlineData("build -o fix.wfp --source tree", "--patch")]
    [InlineData("build -o fix.wfp --source tree --deb memcached --patch a", "choose one")]
    [InlineData("build -o fix.wfp --old a.o --new b.o --patch a", "--patch")]
    [InlineData("build -o fix.wfp --compile-commands c.json --make make --patch a", "--make")]
    [InlineData("build -o fix.wfp --source tree --patch a --host", "--host")]
    [InlineData("build -o fix.wfp --source tree --patch a --replace --requires 0123456789abcdef", "choose --replace, or --requires")]
    [InlineData("build -o fix.wfp --source tree --patch a --earlier b", "--earlier goes with --requires")]
    [InlineData("build -o fix.wfp --old a.o --new b.o --earlier b --requires 0123456789abcdef", "--earlier goes with --deb or --source")]
    [InlineData("build -o fix.wfp --old a.o --new b.o --requires 0123456789abcdef --requires 0123456789abcdef", "names a patch twice")]
    [InlineData("build -o fix.wfp --old a.o --new b.o --host", "--host")]
    public async Task Wrong_arguments_are_named_in_one_sentence(string arguments, string named)
    {
        var report = await WfpatchCommand.RunAsync([.. Split(arguments)]);
        report.ExpectFailure("usage", null, named, "--help");
        Assert.Equal(report.Document.GetProperty("message").GetString(), report.Command.Errors["wfpatch: ".Length..].TrimEnd());
    }

    [Theory]
    [InlineData("")]
    [InlineData("build")]
    [InlineData("inspect")]
    [InlineData("check")]
    [InlineData("apply")]
    [InlineData("status")]
    [InlineData("verify")]
    [InlineData("symbols")]
    [InlineData("revert")]
    [InlineData("advance")]
    public async Task Each_command_has_help_with_an_example(string command)
    {
        var help = await WfpatchCommand.RunPlainAsync([.. Split(command), "--help"]);
        Assert.Equal((0, ""), (help.Status.Code, help.Errors));
        Assert.Contains("Example", help.Output, StringComparison.Ordinal);
        Assert.Contains($"  wfpatch {(command.Length == 0 ? "build" : command)} ", help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_help_lists_every_command()
    {
        string help = (await WfpatchCommand.RunPlainAsync("--help")).Output;
        foreach (string command in (ImmutableArray<string>)["build", "inspect", "check", "apply", "advance", "status", "verify", "symbols", "points", "revert"])
        {
            Assert.Contains($"\n  {command} ", help, StringComparison.Ordinal);
        }
    }

    private static string[] Split(string arguments) => arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
