// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Live.Controllers;

namespace Wfpatch.Cli.Commands;

internal static class AdvanceCommand
{
    public static Command Create(Live.Controllers.Commands commands)
    {
        var pid = CommonOptions.Pid();
        var timeout = CommonOptions.Timeout();
        var json = CommonOptions.Json();
        var command = new Command("advance", "Let the other threads follow the canaries; brings any open transition to its end.\n\nExample:\n  wfpatch advance --pid 4711")
        {
            pid, timeout, json,
        };
        command.SetAction(r => Run(commands, new Output(r.GetValue(json)), r.GetValue(pid), r.GetValue(timeout)));
        return command;
    }

    // Policy and points are those with which the transition began.
    private static int Run(Live.Controllers.Commands commands, Output output, int pid, TimeSpan timeout)
    {
        using var run = new TransitionRun(output);
        return run.Print(commands.Advance(pid, new TransitionOptions(Policy.Auto, null, timeout, run.Cancel) { Progress = run.ShowProgress }));
    }
}
