// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Cli.Views;
using Wfpatch.Live.Controllers;

namespace Wfpatch.Cli.Commands;

internal static class SymbolsCommand
{
    public static Command Create(Live.Controllers.Commands commands)
    {
        var pid = CommonOptions.Pid();
        var json = CommonOptions.Json();
        var output = new Option<string?>("--output", "-o") { Description = "an ELF file for gdb: names and frames of new code at its addresses", HelpName = "FILE" };
        var map = new Option<bool>("--perf-map") { Description = "write /tmp/perf-PID.map, by which perf names new code" };
        var command = new Command("symbols", "Name the new code in a process, for gdb and perf. The process has no part in it.\n\nExample:\n  wfpatch symbols --pid 4711 -o new-code.elf")
        {
            pid, output, map, json,
        };
        command.SetAction(r => Run(commands, new Output(r.GetValue(json)), r.GetValue(pid), r.GetValue(output), r.GetValue(map)));
        return command;
    }

    private static int Run(Live.Controllers.Commands commands, Output output, int pid, string? file, bool map)
    {
        var report = commands.Symbols(pid, map);
        if (report.Outcome is not Outcome.Done)
        {
            return output.Fail(ExitCode.Of(report.Outcome), report.Message, report.Refusals);
        }
        if (file is not null && PatchFile.TryWrite(file, report.File) is { } problem)
        {
            return output.Fail(ExitCode.Usage, $"{file} cannot be written: {problem}", []);
        }
        var document = SymbolsDocument.Of(report, file);
        output.WriteResult(document, DocumentContext.Readable.SymbolsDocument, SymbolsView.Render(report, document));
        return ExitCode.Done;
    }
}
