// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Build.Caches;
using Wfpatch.Build.Processes;
using Wfpatch.Build.SourcePatches;

namespace Wfpatch.Build.Debian;

/// <summary>The patches of a source package that change C or C++, each with a diff that takes it back from the finished source.</summary>
internal sealed class SourceSeries(BuildCache cache, string source, string version, CancellationToken cancel)
{
    private static readonly string[] Extensions = [".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".C"];

    /// <returns>Names in the order of the series; the file is null where the patch cannot be taken back alone.</returns>
    public async Task<ImmutableArray<(string Name, string? Reversed)>> ReadAsync(string description)
    {
        string folder = cache.Folder("series", BuildCache.KeyOf(source, version));
        string tree = Path.Combine(folder, source);
        string log = cache.Log($"{source}-series");
        BuildCache.Remove(folder);
        Directory.CreateDirectory(folder);
        var unpacked = await new ToolRun(log, cancel).RunAsync("dpkg-source", "--extract", description, tree);
        string patches = Path.Combine(tree, "debian", "patches");
        string series = Path.Combine(patches, "series");
        if (!unpacked.IsOk || !File.Exists(series))
        {
            return [];
        }
        var found = ImmutableArray.CreateBuilder<(string, string?)>();
        foreach (string name in File.ReadLines(series).Select(l => l.Split('#')[0].Trim().Split(' ')[0]).Where(l => l.Length > 0))
        {
            string reversed = Path.Combine(folder, name.Replace('/', '_') + ".reversed");
            var files = UnifiedDiff.Read(SourcePatch.ReadLines(Path.Combine(patches, name)));
            var sources = files.Where(f => f.Name(1) is { } path && Extensions.Contains(Path.GetExtension(path)) && !path.StartsWith("debian/", StringComparison.Ordinal)).ToList();
            if (sources.Count == 0)
            {
                continue;
            }
            await File.WriteAllLinesAsync(reversed, ReversedDiff.Of(sources), Encoding.Latin1, cancel);
            var trial = await new ToolRun(log, cancel) { WorkingFolder = tree }.RunAsync("patch", "-p1", "--batch", "--forward", "--dry-run", "-i", reversed);
            found.Add((name, trial.IsOk ? reversed : null));
        }
        BuildCache.Remove(tree);
        return found.ToImmutable();
    }

    /// <summary>The versions of a source package that apt knows, in apt's order.</summary>
    public static async Task<ImmutableArray<string>> VersionsAsync(BuildCache cache, string source, CancellationToken cancel)
    {
        var apt = await PrivateApt.PrepareAsync(Path.Combine(cache.Root, "apt"), cancel);
        string log = cache.Log($"{source}-versions");
        await apt.Run(log, cancel).RunAsync("apt-get", "update");
        var shown = await apt.Run(null, cancel).RunAsync("apt-cache", "showsrc", "--only-source", source);
        return [.. shown.Output.Split('\n').Where(l => l.StartsWith("Version: ", StringComparison.Ordinal)).Select(l => l["Version: ".Length..].Trim()).Distinct()];
    }
}
