// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Build;
using Wfpatch.Build.Debian;
using Wfpatch.Cli.Views;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Profiles;

namespace Wfpatch.Cli.Commands;

internal static class BuildCommand
{
    public static Command Create()
    {
        var old = new Option<string?>("--old") { Description = "the object file, static archive, or tree of object files, of the running program", HelpName = "A" };
        var @new = new Option<string?>("--new") { Description = "the same with the fix", HelpName = "B" };
        var output = new Option<string>("--output", "-o") { Description = "the patch file to write", Required = true, HelpName = "FILE" };
        var name = new Option<string?>("--name") { Description = "the patch's name for people; without it the output's file name" };
        var points = new Option<string[]>("--points") { Description = "functions that a profile uses as quiescence points", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [], HelpName = "F,F" };
        var types = new Option<string[]>("--allow-type") { Description = "types whose layout may differ, because no object of them outlives the change", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [], HelpName = "T" };
        var data = new Option<string[]>("--allow-data") { Description = "variables whose initial value may differ, because the running program's is right or a callback sets it", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [], HelpName = "V" };
        var binary = new Option<string?>("--binary") { Description = "the installed program or library: its build-id goes into the patch, and its bytes are compared", HelpName = "FILE" };
        var deb = new Option<string?>("--deb") { Description = "a Debian package that is installed: its source is built twice, without and with the fix", HelpName = "PKG" };
        var patch = new Option<string[]>("--patch") { Description = "with --deb or --source: the fix, a unified diff of the source; several are applied in this order", DefaultValueFactory = _ => [], HelpName = "FILE" };
        var cache = new Option<string?>("--cache") { Description = "with --deb or --source: where builds and logs are kept; without it ~/.cache/wfpatch", HelpName = "DIR" };
        var consistency = CommonOptions.ConsistencyOption("local");
        var json = CommonOptions.Json();
        var command = new Command("build", "Make a patch file of two builds, or of a source and a fix.\n\nExamples:\n  wfpatch build --deb memcached --patch fix.patch -o fix.wfp\n  wfpatch build --source httpd-2.4 --patch fix.patch -o fix.wfp\n  wfpatch build --old server.o --new server-fixed.o -o fix.wfp")
        {
            old, @new, deb, patch, output, name, points, types, data, binary, consistency, cache, json,
        };
        var sources = new BuildSourceOptions();
        sources.AddTo(command);
        var order = new BuildOrderOptions();
        order.AddTo(command);
        command.SetAction(async (r, cancel) =>
        {
            var to = new Output(r.GetValue(json));
            var progress = new BuildProgress(to);
            var options = new BuildOptions
            {
                Name = r.GetValue(name) ?? Path.GetFileNameWithoutExtension(r.GetValue(output)!),
                PointNames = [.. r.GetValue(points)!.SelectMany(p => p.Split(',', StringSplitOptions.RemoveEmptyEntries))],
                AllowedTypes = [.. r.GetValue(types)!],
                AllowedData = [.. r.GetValue(data)!],
                InstalledFile = r.GetValue(binary),
                InstalledMatch = new RunPreInstalledMatch(),
                Progress = progress,
                Consistency = r.GetValue(consistency) ?? Consistency.Local,
            };
            options = sources.Choose(r, options);
            string file = r.GetValue(output)!;
            var (patches, noSeries) = sources.Patches(r, r.GetValue(patch)!);
            if (noSeries is not null)
            {
                return to.Fail(ExitCode.Refused, noSeries.Sentence, [noSeries]);
            }
            if ((sources.Conflict(r, (r.GetValue(old) ?? r.GetValue(@new)) is not null, r.GetValue(deb) is not null, !patches.IsEmpty)
                ?? order.Conflict(r, r.GetValue(deb) is not null || sources.IsTree(r), sources.Series(r) is not null)) is { } conflict)
            {
                return to.Fail(ExitCode.Usage, $"{conflict}; see wfpatch build --help.", []);
            }
            var (chosen, code) = order.Choose(r, options, to);
            if (chosen is null)
            {
                return code;
            }
            options = chosen;
            if ((r.GetValue(deb) ?? sources.Source(r)) is { } what && patches.IsEmpty)
            {
                return to.Fail(ExitCode.Usage, $"name the fix of {what} with --patch FILE, or with --series DIR; see wfpatch build --help.", []);
            }
            return r.GetValue(deb) is { } package ? await RunDebianAsync(to, new DebianBuildOptions(package, [.. patches]) { Common = options, CacheFolder = r.GetValue(cache), InChroot = sources.InChroot(r), SeriesFolder = sources.Series(r), EarlierFiles = order.Earlier(r) }, file, cancel)
                : sources.Source(r) is { } source ? Finish(to, await sources.RunAsync(r, source, patches, order.Earlier(r), r.GetValue(cache), options, cancel), file)
                : RunObjects(to, r.GetValue(old), r.GetValue(@new), file, options);
        });
        return command;
    }

    private static async Task<int> RunDebianAsync(
        Output output, DebianBuildOptions options, string file, CancellationToken cancel)
    {
        // Points of a stripped program can only be found through the patch file.
        var points = ShippedProfiles.ForExecutable(options.Package)?.Points.Where(p => p.Library.Length == 0).Select(p => p.Function) ?? [];
        var common = options.Common with { PointNames = [.. options.Common.PointNames.Concat(points).Distinct()] };
        return Finish(output, await DebianBuild.RunAsync(options with { Common = common }, cancel), file);
    }

    private static int RunObjects(Output output, string? old, string? @new, string file, BuildOptions options)
    {
        if (old is null || @new is null)
        {
            return output.Fail(ExitCode.Usage, "say what to compare: --old A --new B, --source DIR --patch FILE, --compile-commands FILE --patch FILE, or --deb PKG --patch FILE; see wfpatch build --help.", []);
        }
        var result = Directory.Exists(old) ? TreeBuild.Run(old, @new, options) : ObjectBuild.Run(old, @new, options);
        return Finish(output, result, file);
    }

    private static int Finish(Output output, BuildResult result, string file)
    {
        if (result.Patch is not { } patch)
        {
            int code = result.Refusals.All(r => r.Kind == DiffRefusals.NoDifference) ? ExitCode.Unchanged : ExitCode.Refused;
            string why = result.Refusals is [var only] ? only.Sentence : "The two builds cannot be made into a patch.";
            foreach (var rebuild in result.Rebuilds)
            {
                Console.Error.WriteLine(rebuild.Sentence);
            }
            return output.Fail(code, string.Join(' ', [why, .. result.Rebuilds.Select(r => r.Sentence)]), result.Refusals);
        }
        if (PatchFile.TryWrite(file, result.Bytes) is { } problem)
        {
            string sentence = $"{file} cannot be written: {problem.TrimEnd('.')}.";
            return output.Fail(ExitCode.Refused, sentence, [BuildRefusals.CannotRead.About(file, sentence)]);
        }
        string[] functions = [.. patch.Objects.SelectMany(o => o.Replacements.Select(r => o.OldFunctions[r.OldFunction].Name))];
        string message = $"{file}: {functions.Length} function(s) replaced, {result.Bytes.Length} bytes, id {patch.Id}.";
        output.WriteResult(
            new BuildDocument("done", message, new PatchDocument(patch.Id, patch.Name), file, functions, [.. result.Rebuilds.Select(RebuildDocument.Of)], RefusalDocument.Of(result.Notes), []), DocumentContext.Readable.BuildDocument,
            string.Join('\n', [message, .. functions.Select(f => "  " + f), .. result.Rebuilds.Select(r => r.Sentence), .. RefusalView.Notes(result.Notes)]));
        return ExitCode.Done;
    }
}
