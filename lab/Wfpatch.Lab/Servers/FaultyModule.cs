// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Wfpatch.Build;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Servers;

/// <summary>
/// A module of a server (a shared object that it loads), compiled and linked from a source in which a fix is taken back, and stripped. All else of
/// the server is as the distribution ships it.
/// </summary>
internal static class FaultyModule
{
    /// <summary>For patches, which would be found in the module as little as in what is shipped.</summary>
    private static readonly ImmutableArray<string> Dropped = ["-ffunction-sections", "-fdata-sections", "-MD"];

    /// <summary>They say where a result goes, with the next word.</summary>
    private static readonly ImmutableArray<string> Results = ["-o", "-MF", "-MT", "-MQ"];

    /// <param name="units">The names of its sources; empty: all that the database has.</param>
    /// <param name="link">More for the linker.</param>
    internal static async Task<string> LinkAsync(UnitSources sources, string file, ImmutableArray<string> units, CancellationToken cancel, params ImmutableArray<string> link)
    {
        string folder = Directory.CreateDirectory(file + ".objects").FullName;
        List<string> objects = [];
        string compiler = "";
        foreach ((string place, ImmutableArray<string> call) in Calls(await File.ReadAllTextAsync(sources.Database, cancel), units))
        {
            string target = Path.Combine(folder, $"{objects.Count}.o");
            compiler = call[0];
            (await ChildProcess.RunAsync(new(compiler, [.. call[1..], "-o", target], place), cancel)).OrThrow();
            objects.Add(target);
        }
        if (objects.Count == 0 || (!units.IsEmpty && objects.Count != units.Length))
        {
            throw new InvalidOperationException($"{objects.Count} unit(s) of {string.Join(", ", units)} are in {sources.Database}.");
        }
        (await ChildProcess.RunAsync(new(compiler, ["-shared", "-Wl,-z,relro", "-Wl,-z,now", "-Wl,--build-id", "-o", file, .. objects, .. link]), cancel)).OrThrow();
        (await ChildProcess.RunAsync(CommandLine.Of("strip", "--strip-unneeded", "--remove-section=.comment", file), cancel)).OrThrow();
        return file;
    }

    /// <summary>The calls of a compilation database that compile these sources, position independent, without where results go.</summary>
    internal static IEnumerable<(string Folder, ImmutableArray<string> Call)> Calls(string database, ImmutableArray<string> units)
    {
        using var document = JsonDocument.Parse(database);
        foreach (var entry in document.RootElement.EnumerateArray())
        {
            ImmutableArray<string> call = [.. entry.GetProperty("arguments").EnumerateArray().Select(word => word.GetString()!)];
            if (call.Contains("-fPIC") && (units.IsEmpty || units.Contains(Path.GetFileName(entry.GetProperty("file").GetString()!))))
            {
                yield return (entry.GetProperty("directory").GetString()!, [.. call.Where((word, at) => !Dropped.Contains(word) && !Results.Contains(word) && (at == 0 || !Results.Contains(call[at - 1])))]);
            }
        }
    }
}
