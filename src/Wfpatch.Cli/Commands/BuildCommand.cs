// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Build;
using Wfpatch.Build.Debian;
using Wfpatch.Cli.Views;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Profiles;

namespace Wfpatch.Cli.Commands;

internal static class BuildCommand
{
    public static Command Create()
    {
        var old = new Option<string?>("--old") { Description = "the object file, or tree of object files, of the running program", HelpName = "A" };
        var @new = new Option<string?>("--new") { Description = "the same with the fix", HelpName = "B" };
        var output = new Option<string>("--output", "-o") { Description = "the patch file to write", Required = true, HelpName = "FILE" };
        var name = new Option<string?>("--name") { Description = "the patch's name for people; without it the output's file name" };
        var points = new Option<string[]>("--points") { Description = "functions that a profile uses as quiescence points", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [], HelpName = "F,F" };
        var types = new Option<string[]>("--allow-type") { Description = "types whose layout may differ, because no object of them outlives the change", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [], HelpName = "T" };
        var binary = new Option<string?>("--binary") { Description = "the installed program or library: its build-id goes into the patch, and its bytes are compared", HelpName = "FILE" };
        var deb = new Option<string?>("--deb") { Description = "a Debian package that is installed: its source is built twice, without and with the fix", HelpName = "PKG" };
        var patch = new Option<string?>("--patch") { Description = "with --deb: the fix, a unified diff of the package's source", HelpName = "FILE" };
        var cache = new Option<string?>("--cache") { Description = "with --deb: where builds and logs are kept; without it ~/.cache/wfpatch", HelpName = "DIR" };
        var json = CommonOptions.Json();
        var command = new Command("build", "Make a patch file of two builds, or of a Debian package's source and a fix.\n\nExamples:\n  wfpatch build --deb memcached --patch fix.patch -o fix.wfp\n  wfpatch build --old server.o --new server-fixed.o -o fix.wfp")
        {
            old, @new, deb, patch, output, name, points, types, binary, cache, json,
        };
        command.SetAction(async (r, cancel) =>
        {
            var to = new Output(r.GetValue(json));
            var progress = new BuildProgress(to);
            var options = new BuildOptions
            {
                Name = r.GetValue(name) ?? Path.GetFileNameWithoutExtension(r.GetValue(output)!),
                PointNames = [.. r.GetValue(points)!.SelectMany(p => p.Split(',', StringSplitOptions.RemoveEmptyEntries))],
                AllowedTypes = [.. r.GetValue(types)!],
                InstalledFile = r.GetValue(binary),
                InstalledMatch = new RunPreInstalledMatch(),
                Progress = progress,
            };
            string file = r.GetValue(output)!;
            return r.GetValue(deb) is { } package
                ? await RunDebianAsync(to, package, r.GetValue(patch), r.GetValue(cache), file, options, cancel)
                : RunObjects(to, r.GetValue(old), r.GetValue(@new), file, options);
        });
        return command;
    }

    private static async Task<int> RunDebianAsync(
        Output output, string package, string? patch, string? cache, string file, BuildOptions options, CancellationToken cancel)
    {
        if (patch is null)
        {
            return output.Fail(ExitCode.Usage, "name the fix with --patch FILE; see wfpatch build --help.", []);
        }
        // Points of a stripped program can only be found through the patch file.
        var points = ShippedProfiles.ForExecutable(package)?.Points.Where(p => p.Library.Length == 0).Select(p => p.Function) ?? [];
        var common = options with { PointNames = [.. options.PointNames.Concat(points).Distinct()] };
        return Finish(output, await DebianBuild.RunAsync(new DebianBuildOptions(package, patch) { Common = common, CacheFolder = cache }, cancel), file);
    }

    private static int RunObjects(Output output, string? old, string? @new, string file, BuildOptions options)
    {
        if (old is null || @new is null)
        {
            return output.Fail(ExitCode.Usage, "say what to compare: --old A --new B, or --deb PKG --patch FILE; see wfpatch build --help.", []);
        }
        var result = Directory.Exists(old) ? TreeBuild.Run(old, @new, options) : ObjectBuild.Run(old, @new, options);
        return Finish(output, result, file);
    }

    private static int Finish(Output output, BuildResult result, string file)
    {
        if (result.Patch is not { } patch)
        {
            return output.Fail(ExitCode.Refused, result.Refusals is [var only] ? only.Sentence : "The two builds cannot be made into a patch.", result.Refusals);
        }
        if (PatchFile.TryWrite(file, result.Bytes) is { } problem)
        {
            string sentence = $"{file} cannot be written: {problem.TrimEnd('.')}.";
            return output.Fail(ExitCode.Refused, sentence, [BuildRefusals.CannotRead.About(file, sentence)]);
        }
        string[] functions = [.. patch.Objects.SelectMany(o => o.Replacements.Select(r => o.OldFunctions[r.OldFunction].Name))];
        string message = $"{file}: {functions.Length} function(s) replaced, {result.Bytes.Length} bytes, id {patch.Id}.";
        output.WriteResult(
            new BuildDocument("done", message, new PatchDocument(patch.Id, patch.Name), file, functions, []), DocumentContext.Readable.BuildDocument,
            $"{message}\n{string.Join('\n', functions.Select(f => "  " + f))}");
        return ExitCode.Done;
    }
}
