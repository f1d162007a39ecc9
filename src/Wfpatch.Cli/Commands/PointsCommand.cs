// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.Text;
using Wfpatch.Cli.Views;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence.Sampling;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Sampling;

namespace Wfpatch.Cli.Commands;

internal static class PointsCommand
{
    private const int MostSeconds = 3600;

    public static Command Create(Live.Controllers.Commands commands)
    {
        var pid = CommonOptions.Pid();
        var seconds = new Option<int>("--seconds") { Description = "how long to watch the threads; best while the program is under load", DefaultValueFactory = _ => 5, HelpName = "N" };
        var patch = new Option<string?>("--patch") { Description = "a patch file: the functions that it carries are known by name, also in a stripped program", HelpName = "FILE" };
        var symbols = new Option<string?>("--symbols") { Description = "a build of the program with symbols and the same code", HelpName = "FILE" };
        var file = new Option<string?>("--output", "-o") { Description = "the profile to write; without it the profile is printed", HelpName = "FILE" };
        var json = CommonOptions.Json();
        seconds.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int>() is < 1 or > MostSeconds)
            {
                r.AddError($"--seconds must be from 1 to {MostSeconds}.");
            }
        });
        var command = new Command("points", "Propose a profile: watch where the threads of a process idle and what they call when they do not.\n\nExample:\n  wfpatch points --pid 4711 --seconds 10 -o server.toml")
        {
            pid, seconds, patch, symbols, file, json,
        };
        command.SetAction((r, cancel) => Task.FromResult(Run(
            commands, new Output(r.GetValue(json)), r.GetValue(pid), TimeSpan.FromSeconds(r.GetValue(seconds)), r.GetValue(patch), r.GetValue(symbols), r.GetValue(file), cancel)));
        return command;
    }

    private static int Run(
        Live.Controllers.Commands commands, Output output, int pid, TimeSpan time, string? patchFile, string? symbols, string? file, CancellationToken cancel)
    {
        Patch? patch = null;
        if (patchFile is not null)
        {
            (patch, int code) = CommonOptions.ReadPatch(patchFile, output);
            if (patch is null)
            {
                return code;
            }
        }
        if (symbols is not null && !File.Exists(symbols))
        {
            return output.Fail(ExitCode.Usage, $"{symbols} cannot be read: there is no such file.", []);
        }
        var report = commands.Points(pid, new SamplingOptions(time, symbols, patch, cancel));
        if (report.Proposal is not { } proposal)
        {
            return output.Fail(ExitCode.Of(report.Outcome), report.Message, report.Refusals);
        }
        string text = ProposalText.Render(proposal);
        if (file is not null && PatchFile.TryWrite(file, Encoding.UTF8.GetBytes(text)) is { } problem)
        {
            string sentence = $"{file} cannot be written: {problem.TrimEnd('.')}.";
            return output.Fail(ExitCode.Refused, sentence, [BuildRefusals.CannotRead.About(file, sentence)]);
        }
        output.WriteResult(PointsDocument.Of(report, text, file), DocumentContext.Readable.PointsDocument, file is null ? text : report.Message);
        return ExitCode.Done;
    }
}
