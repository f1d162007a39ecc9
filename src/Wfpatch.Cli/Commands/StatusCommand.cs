// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Cli.Views;
using Wfpatch.Live.Controllers;

namespace Wfpatch.Cli.Commands;

internal static class StatusCommand
{
    public static Command Create(Live.Controllers.Commands commands)
    {
        var json = CommonOptions.Json();
        var command = new Command("status", "Show the generations of a process, each thread's generation, and what holds the pending ones.\n\nExample:\n  wfpatch status --pid 4711")
        {
            json,
        };
        var processes = ProcessOptions.AddTo(command);
        command.SetAction(r => processes.GetSelector(r) is { } several
            ? SetRun.Run(new Output(r.GetValue(json)), several, p => ProcessResult.Of(commands.Status(p)))
            : Run(commands, new Output(r.GetValue(json)), processes.GetPid(r)));
        return command;
    }

    private static int Run(Live.Controllers.Commands commands, Output output, int pid)
    {
        var report = commands.Status(pid);
        if (report.Outcome is not (Outcome.Done or Outcome.Pending or Outcome.Canary))
        {
            return output.Fail(ExitCode.Of(report.Outcome), report.Message, []);
        }
        output.WriteResult(StatusDocument.Of(report), DocumentContext.Readable.StatusDocument, StatusView.Render(report));
        return ExitCode.Of(report.Outcome);
    }
}
