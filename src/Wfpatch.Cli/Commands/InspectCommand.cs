// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Cli.Views;

namespace Wfpatch.Cli.Commands;

internal static class InspectCommand
{
    public static Command Create()
    {
        var file = CommonOptions.PatchFile();
        var json = CommonOptions.Json();
        var command = new Command("inspect", "Show what a patch file holds: functions, data, needs, sizes.\n\nExample:\n  wfpatch inspect fix.wfp") { file, json };
        command.SetAction(r => Run(new Output(r.GetValue(json)), r.GetValue(file)!));
        return command;
    }

    private static int Run(Output output, string file)
    {
        var (patch, code) = CommonOptions.ReadPatch(file, output);
        if (patch is null)
        {
            return code;
        }
        var document = InspectView.Describe(patch, (int)new FileInfo(file).Length);
        output.WriteResult(document, DocumentContext.Readable.InspectDocument, InspectView.Render(document));
        return ExitCode.Done;
    }
}
