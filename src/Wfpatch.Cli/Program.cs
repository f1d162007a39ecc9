// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Cli;
using Wfpatch.Cli.Commands;
using Wfpatch.Live.Linux;

// Long enough for all of an apply on a machine that has some time left, short enough for one that has none.
const int PatienceInMilliseconds = 150;

// First of all, since starting takes time of the processors, too. A build takes minutes and stops nobody: it runs like any compiler.
using var yielding = args is ["build", ..] ? null : Yielding.Begin(TimeSpan.FromMilliseconds(PatienceInMilliseconds));
var commands = new Wfpatch.Live.Controllers.Commands(new NativeLinux(yielding));

var root = new RootCommand("Patch the code of a running process, thread by thread, without stopping it.\n\nExample:\n  wfpatch build --deb memcached --patch fix.patch -o fix.wfp\n  wfpatch apply fix.wfp --pid 4711")
{
    BuildCommand.Create(),
    InspectCommand.Create(),
    CheckCommand.Create(commands),
    ApplyCommand.Create(commands),
    AdvanceCommand.Create(commands),
    StatusCommand.Create(commands),
    VerifyCommand.Create(commands),
    SymbolsCommand.Create(commands),
    RevertCommand.Create(commands),
    PointsCommand.Create(commands),
};
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    string command = parsed.CommandResult.Command == root ? "wfpatch" : $"wfpatch {parsed.CommandResult.Command.Name}";
    string problem = parsed.CommandResult.Command == root && parsed.UnmatchedTokens is [var unknown, ..] && unknown != "--json"
        ? $"there is no command '{unknown}'"
        : parsed.Errors[0].Message.TrimEnd('.');
    return new Output(args.Contains("--json")).Fail(ExitCode.Usage, $"{problem}; see {command} --help.", []);
}
return await parsed.InvokeAsync();
