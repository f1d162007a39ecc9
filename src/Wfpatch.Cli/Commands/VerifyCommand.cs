// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Cli.Views;
using Wfpatch.Live.Controllers;

namespace Wfpatch.Cli.Commands;

internal static class VerifyCommand
{
    public static Command Create(Live.Controllers.Commands commands)
    {
        var json = CommonOptions.Json();
        var command = new Command("verify", "Compare a patched process with the state that lies in it: what someone else changed is reported.\n\nExample:\n  wfpatch verify --pid 4711")
        {
            json,
        };
        var processes = ProcessOptions.AddTo(command);
        command.SetAction(r => processes.GetSelector(r) is { } several
            ? SetRun.Run(new Output(r.GetValue(json)), several, p => ProcessResult.Of(commands.Verify(p)))
            : Run(commands, new Output(r.GetValue(json)), processes.GetPid(r)));
        return command;
    }

    private static int Run(Live.Controllers.Commands commands, Output output, int pid)
    {
        var report = commands.Verify(pid);
        if (report.Outcome is Outcome.Done || !report.Differences.IsEmpty)
        {
            output.WriteResult(VerifyDocument.Of(report), DocumentContext.Readable.VerifyDocument, report.Message);
            if (report.Outcome is not Outcome.Done)
            {
                Output.WriteErrors(report.Message, report.Refusals);
            }
            return ExitCode.Of(report.Outcome);
        }
        return output.Fail(ExitCode.Of(report.Outcome), report.Message, report.Refusals);
    }
}
