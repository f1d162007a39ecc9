// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Cli.Views;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Targets;

namespace Wfpatch.Cli.Commands;

internal static class ApplyCommand
{
    public static Command Create(Live.Controllers.Commands commands)
    {
        var file = CommonOptions.PatchFile();
        var policy = CommonOptions.PolicyOption();
        var profile = CommonOptions.ProfileOption();
        var backend = CommonOptions.BackendOption();
        var timeout = CommonOptions.Timeout();
        var dryRun = new Option<bool>("--dry-run") { Description = "print what would be written, and write nothing" };
        var canary = CommonOptions.Canary();
        var consistency = CommonOptions.ConsistencyOption("what the patch declares");
        var maxWait = CommonOptions.MaxWait();
        var replace = CommonOptions.Replace();
        var whenLoaded = new Option<bool>("--when-loaded") { Description = "where the library that the patch is for is not loaded, wait for it" };
        var json = CommonOptions.Json();
        var command = new Command("apply", "Patch a running process, thread by thread.\n\nExamples:\n  wfpatch apply fix.wfp --pid 4711\n  wfpatch apply fix.wfp --pid 4711 --canary 2")
        {
            file, replace, policy, profile, backend, timeout, consistency, maxWait, canary, whenLoaded, dryRun, json,
        };
        var processes = ProcessOptions.AddTo(command);
        command.Validators.Add(r =>
        {
            if (processes.IsSeveral(r) && (r.GetResult(canary) is not null || r.GetResult(dryRun) is not null))
            {
                r.AddError("--canary and --dry-run are for one process; name it with --pid.");
            }
        });
        command.SetAction(r => Run(
            commands, new Output(r.GetValue(json)), r.GetValue(file)!, processes.GetSelector(r), processes.GetPid(r), r.GetValue(profile), r.GetValue(dryRun),
            new TransitionOptions(r.GetValue(policy), null, r.GetValue(timeout)) { Canary = r.GetValue(canary), Consistency = r.GetValue(consistency), MaxWait = r.GetValue(maxWait), WhenLoaded = r.GetValue(whenLoaded), Replaces = r.GetValue(replace), Backend = r.GetValue(backend) }));
        return command;
    }

    private static int Run(Live.Controllers.Commands commands, Output output, string file, ProcessSelector? several, int pid, string? profileName, bool dryRun, TransitionOptions given)
    {
        var (patch, code) = CommonOptions.ReadPatch(file, output);
        if (patch is null)
        {
            return code;
        }
        if (several is not null)
        {
            return RunOnSeveral(commands, output, patch, several, profileName, given);
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

    private static int RunOnSeveral(Live.Controllers.Commands commands, Output output, Patch patch, ProcessSelector several, string? profileName, TransitionOptions given)
    {
        using var run = new TransitionRun(output);
        var options = given with { Cancel = run.Cancel, Progress = run.ShowProgress };
        // An open transition of this patch is gone on with; that of another one is refused when its turn comes.
        return SetRun.Run(
            output, several, p => One(p, o => commands.Apply(p, patch, o)), check: p => One(p, o => commands.Check(p, patch, o).Report) is var checkedResult
                && checkedResult.Refusals is [var only] && only.Kind == TransitionRefusals.TransitionOpen ? checkedResult with { Code = ExitCode.Pending } : checkedResult);

        ProcessResult One(int process, Func<TransitionOptions, TransitionReport> command)
        {
            var (profile, noProfile) = CommonOptions.FindProfile(profileName, process);
            return noProfile is not null ? ProcessResult.Refused(noProfile) : ProcessResult.Of(command(options with { Profile = profile }));
        }
    }
}
