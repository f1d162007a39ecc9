// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Live.Controllers;

namespace Wfpatch.Cli.Commands;

internal static class RevertCommand
{
    public static Command Create(Live.Controllers.Commands commands)
    {
        var id = new Argument<string?>("id") { Description = "the patch's id or name; without it the last one", Arity = ArgumentArity.ZeroOrOne };
        var pid = CommonOptions.Pid();
        var policy = CommonOptions.PolicyOption();
        var profile = CommonOptions.ProfileOption();
        var timeout = CommonOptions.Timeout();
        var json = CommonOptions.Json();
        var command = new Command("revert", "Take a patch back, thread by thread; also one whose transition is not finished.\n\nExample:\n  wfpatch revert --pid 4711")
        {
            id, pid, policy, profile, timeout, json,
        };
        command.SetAction(r => Run(
            commands, new Output(r.GetValue(json)), r.GetValue(id), r.GetValue(pid), r.GetValue(policy), r.GetValue(profile), r.GetValue(timeout)));
        return command;
    }

    private static int Run(Live.Controllers.Commands commands, Output output, string? id, int pid, Policy policy, string? profileName, TimeSpan timeout)
    {
        var (profile, noProfile) = CommonOptions.FindProfile(profileName, pid);
        if (noProfile is not null)
        {
            return output.Fail(ExitCode.Refused, noProfile.Sentence, [noProfile]);
        }
        using var run = new TransitionRun(output);
        var options = new TransitionOptions(policy, profile, timeout, run.Cancel) { Progress = run.ShowProgress };
        return run.Print(commands.Revert(pid, id, options));
    }
}
