// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Targets;

namespace Wfpatch.Cli.Commands;

internal static class RevertCommand
{
    public static Command Create(Live.Controllers.Commands commands)
    {
        var id = new Argument<string?>("id") { Description = "the patch's id or name; without it the last one", Arity = ArgumentArity.ZeroOrOne };
        var policy = CommonOptions.PolicyOption();
        var profile = CommonOptions.ProfileOption();
        var timeout = CommonOptions.Timeout();
        var consistency = CommonOptions.ConsistencyOption("as it was applied");
        var maxWait = CommonOptions.MaxWait();
        var json = CommonOptions.Json();
        var command = new Command("revert", "Take a patch back, thread by thread; also one whose transition is not finished.\n\nExample:\n  wfpatch revert --pid 4711")
        {
            id, policy, profile, timeout, consistency, maxWait, json,
        };
        var processes = ProcessOptions.AddTo(command);
        command.SetAction(r => Run(
            commands, new Output(r.GetValue(json)), r.GetValue(id), processes.GetSelector(r), processes.GetPid(r), r.GetValue(profile),
            new TransitionOptions(r.GetValue(policy), null, r.GetValue(timeout)) { Consistency = r.GetValue(consistency), MaxWait = r.GetValue(maxWait) }));
        return command;
    }

    private static int Run(
        Live.Controllers.Commands commands, Output output, string? id, ProcessSelector? several, int pid, string? profileName, TransitionOptions given)
    {
        using var run = new TransitionRun(output);
        var options = given with { Cancel = run.Cancel, Progress = run.ShowProgress };
        if (several is not null)
        {
            return SetRun.Run(output, several, One, [TransitionRefusals.NotApplied]);
        }
        var (profile, noProfile) = CommonOptions.FindProfile(profileName, pid);
        return noProfile is not null
            ? output.Fail(ExitCode.Refused, noProfile.Sentence, [noProfile])
            : run.Print(commands.Revert(pid, id, options with { Profile = profile }));

        ProcessResult One(int process) => CommonOptions.FindProfile(profileName, process) is { Refusal: { } refusal }
            ? ProcessResult.Refused(refusal)
            : ProcessResult.Of(commands.Revert(process, id, options with { Profile = CommonOptions.FindProfile(profileName, process).Profile }));
    }
}
