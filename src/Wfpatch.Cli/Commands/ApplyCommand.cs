// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Cli.Views;
using Wfpatch.Live.Controllers;

namespace Wfpatch.Cli.Commands;

internal static class ApplyCommand
{
    public static Command Create(Live.Controllers.Commands commands)
    {
        var file = CommonOptions.PatchFile();
        var pid = CommonOptions.Pid();
        var policy = CommonOptions.PolicyOption();
        var profile = CommonOptions.ProfileOption();
        var timeout = CommonOptions.Timeout();
        var dryRun = new Option<bool>("--dry-run") { Description = "print what would be written, and write nothing" };
        var canary = CommonOptions.Canary();
        var json = CommonOptions.Json();
        var command = new Command("apply", "Patch a running process, thread by thread.\n\nExamples:\n  wfpatch apply fix.wfp --pid 4711\n  wfpatch apply fix.wfp --pid 4711 --canary 2")
        {
            file, pid, policy, profile, timeout, canary, dryRun, json,
        };
        command.SetAction(r => Run(
            commands, new Output(r.GetValue(json)), r.GetValue(file)!, r.GetValue(pid), r.GetValue(profile), r.GetValue(dryRun),
            new TransitionOptions(r.GetValue(policy), null, r.GetValue(timeout)) { Canary = r.GetValue(canary) }));
        return command;
    }

    private static int Run(Live.Controllers.Commands commands, Output output, string file, int pid, string? profileName, bool dryRun, TransitionOptions given)
    {
        var (patch, code) = CommonOptions.ReadPatch(file, output);
        if (patch is null)
        {
            return code;
        }
        var (profile, noProfile) = CommonOptions.FindProfile(profileName, pid);
        if (noProfile is not null)
        {
            return output.Fail(ExitCode.Refused, noProfile.Sentence, [noProfile]);
        }
        using var run = new TransitionRun(output);
        var options = given with { Profile = profile, Cancel = run.Cancel, Progress = run.ShowProgress };
        if (!dryRun)
        {
            return run.Print(commands.Apply(pid, patch, options));
        }
        var (report, plan) = commands.Check(pid, patch, options);
        int result = run.Print(report);
        if (plan is not null && !output.IsJson)
        {
            Console.Out.WriteLine(PlanView.Render(plan));
        }
        return result;
    }
}
