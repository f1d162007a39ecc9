// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Live.Controllers;

namespace Wfpatch.Cli.Commands;

internal static class CheckCommand
{
    public static Command Create(Live.Controllers.Commands commands)
    {
        var file = CommonOptions.PatchFile();
        var pid = CommonOptions.Pid();
        var policy = CommonOptions.PolicyOption();
        var profile = CommonOptions.ProfileOption();
        var backend = CommonOptions.BackendOption();
        var replace = CommonOptions.Replace();
        var json = CommonOptions.Json();
        var command = new Command("check", "Do everything short of writing: would the patch go into this process?\n\nExample:\n  wfpatch check fix.wfp --pid 4711")
        {
            file, pid, replace, policy, profile, backend, json,
        };
        command.SetAction(r => Run(
            commands, new Output(r.GetValue(json)), r.GetValue(file)!, r.GetValue(pid), r.GetValue(profile), new TransitionOptions(r.GetValue(policy), null, TimeSpan.Zero) { Replaces = r.GetValue(replace), Backend = r.GetValue(backend) }));
        return command;
    }

    private static int Run(Live.Controllers.Commands commands, Output output, string file, int pid, string? profileName, TransitionOptions options)
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
        return run.Print(commands.Check(pid, patch, options with { Profile = profile }).Report);
    }
}
