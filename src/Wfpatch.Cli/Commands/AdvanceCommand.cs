// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Targets;

namespace Wfpatch.Cli.Commands;

internal static class AdvanceCommand
{
    public static Command Create(Live.Controllers.Commands commands)
    {
        var timeout = CommonOptions.Timeout();
        var maxWait = CommonOptions.MaxWait();
        var json = CommonOptions.Json();
        var command = new Command("advance", "Let the other threads follow the canaries; brings any open transition to its end.\n\nExample:\n  wfpatch advance --pid 4711")
        {
            timeout, maxWait, json,
        };
        var processes = ProcessOptions.AddTo(command);
        command.SetAction(r => Run(commands, new Output(r.GetValue(json)), processes.GetSelector(r), processes.GetPid(r), r.GetValue(timeout), r.GetValue(maxWait)));
        return command;
    }

    // Policy and points are those with which the transition began.
    private static int Run(Live.Controllers.Commands commands, Output output, ProcessSelector? several, int pid, TimeSpan timeout, TimeSpan maxWait)
    {
        using var run = new TransitionRun(output);
        var options = new TransitionOptions(Policy.Auto, null, timeout, run.Cancel) { Progress = run.ShowProgress, MaxWait = maxWait };
        return several is null
            ? run.Print(commands.Advance(pid, options))
            : SetRun.Run(output, several, p => ProcessResult.Of(commands.Advance(p, options)), [TransitionRefusals.NothingOpen]);
    }
}
