// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Build.Caches;
using Wfpatch.Build.Processes;
using Wfpatch.Build.SourcePatches;

namespace Wfpatch.Build.Debian;

/// <summary>One patch of a series as diffs that take it back from the finished source, C and C++ alone.</summary>
/// <param name="Name">Its name in debian/patches/series.</param>
/// <param name="Reversed">A file that takes it back.</param>
/// <param name="Later">Files that take back all later patches, the last one first.</param>
/// <param name="StandsAlone">It can be taken back while the later ones stay.</param>
internal sealed record SeriesPatch(string Name, string Reversed, ImmutableArray<string> Later, bool StandsAlone);

/// <summary>The patches of a source package that change C or C++.</summary>
internal sealed class SourceSeries(BuildCache cache, string source, string version, CancellationToken cancel)
{
    private static readonly string[] Extensions = [".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".C"];

    /// <returns>In the order of the series.</returns>
    public async Task<ImmutableArray<SeriesPatch>> ReadAsync(string description)
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
        var found = new List<SeriesPatch>();
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
            found.Add(new SeriesPatch(name, reversed, [], trial.IsOk));
        }
        BuildCache.Remove(tree);
        return [.. found.Select((p, i) => p with { Later = [.. found.Skip(i + 1).Select(l => l.Reversed).Reverse()] })];
    }

    /// <summary>The versions of a source package that apt knows, the newest first.</summary>
    public static async Task<ImmutableArray<string>> VersionsAsync(BuildCache cache, string source, CancellationToken cancel)
    {
        var apt = await PrivateApt.PrepareAsync(Path.Combine(cache.Root, "apt"), cancel);
        string log = cache.Log($"{source}-versions");
        await apt.Run(log, cancel).RunAsync("apt-get", "update");
        var shown = await apt.Run(null, cancel).RunAsync("apt-cache", "showsrc", "--only-source", source);
        var newestFirst = new List<string>();
        foreach (string version in shown.Output.Split('\n').Where(l => l.StartsWith("Version: ", StringComparison.Ordinal)).Select(l => l["Version: ".Length..].Trim()).Distinct())
        {
            int at = 0;
            while (at < newestFirst.Count && !(await new ToolRun(null, cancel).RunAsync("dpkg", "--compare-versions", version, "gt", newestFirst[at])).IsOk)
            {
                at++;
            }
            newestFirst.Insert(at, version);
        }
        return [.. newestFirst];
    }
}
