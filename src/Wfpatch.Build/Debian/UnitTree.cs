// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Wfpatch.Build.Caches;
using Wfpatch.Build.Compilers;
using Wfpatch.Build.Processes;
using Wfpatch.Build.SourcePatches;
using Wfpatch.Build.Units;

namespace Wfpatch.Build.Debian;

/// <summary>A source package, configured as its rules say, with a compilation database of what its build would do.</summary>
internal sealed class UnitTree(BuildCache cache, InstalledPackage package, UnitRecipe recipe, BuildPlace place, IProgress<BuildEvent>? progress, CancellationToken cancel)
{
    private const string Database = "compile_commands.json";

    private string Root => cache.Folder("unit-trees", BuildCache.KeyOf(
        [package.Source, package.SourceVersion, recipe.Commands ?? "", recipe.Trace, place.Key, .. recipe.Changes.Select(c => Convert.ToBase64String(File.ReadAllBytes(c)))]));

    /// <summary>The source.</summary>
    public string Folder => Path.Combine(Root, package.Source);

    /// <returns>The database's path.</returns>
    /// <exception cref="InvalidOperationException">The package cannot be configured.</exception>
    public async Task<string> MakeAsync(string description)
    {
        string database = Path.Combine(Root, Database);
        if (File.Exists(database))
        {
            return database;
        }
        BuildCache.Remove(Root);
        Directory.CreateDirectory(Root);
        string log = cache.Log($"{package.Source}-units");
        await RunAsync(new ToolRun(log, cancel).RunAsync("dpkg-source", "--extract", description, Folder), log);
        await ApplyAsync(log);
        if (place is not Chroot && await new BuildDependencies(cache, package, progress, cancel).EnsureAsync(Folder) is { } missing)
        {
            throw new InvalidOperationException(missing.Sentence);
        }
        await place.PrepareAsync(Root, log, cancel);
        progress?.Report(new BuildEvent(BuildStage.OldBuild, $"configuring {package.Source} {package.SourceVersion}", log));
        string trace = Path.Combine(Root, "trace");
        if (recipe.Commands is { } commands)
        {
            await RunAsync(SourceBuild.StepAsync(place, Folder, commands, log, cancel), log);
        }
        // What is not made cannot be made from, says make: that is no failure here.
        await SourceBuild.StepAsync(place, Folder, $"({recipe.Trace}) >{place.Inside(Root, trace)} 2>&1 || true", log, cancel);
        var compilers = CompilerNames.Find((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries));
        var calls = MakeTrace.Read(File.ReadLines(trace), w => compilers.GetValueOrDefault(Path.GetFileName(w)));
        if (calls.IsEmpty)
        {
            throw new InvalidOperationException($"the build of {package.Source} shows no compiler's call; see {trace}");
        }
        await WriteAsync(database, [.. calls.Select(c => place.Outside(Root, c))]);
        return database;
    }

    private async Task ApplyAsync(string log)
    {
        if (!recipe.Changes.IsEmpty && (await SourcePatch.ApplyAsync(Folder, recipe.Changes.Select(Path.GetFullPath), log, cancel, keepLines: false)).Refusal is { } refusal)
        {
            throw new InvalidOperationException(refusal.Sentence);
        }
    }

    private async Task WriteAsync(string database, ImmutableArray<CompileRecord> calls)
    {
        using var stream = File.Create(database);
        using var writer = new Utf8JsonWriter(stream);
        writer.WriteStartArray();
        foreach (var call in calls)
        {
            writer.WriteStartObject();
            writer.WriteString("directory", call.Folder);
            writer.WriteString("file", call.Sources.First());
            writer.WriteStartArray("arguments");
            foreach (string word in call.Arguments.Insert(0, call.Compiler))
            {
                writer.WriteStringValue(word);
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        await writer.FlushAsync(cancel);
    }

    private static async Task RunAsync(Task<ToolResult> run, string log)
    {
        if (!(await run).IsOk)
        {
            throw new InvalidOperationException($"a step failed; see {log}");
        }
    }
}
