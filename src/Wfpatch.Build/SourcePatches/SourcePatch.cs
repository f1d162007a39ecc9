// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Wfpatch.Build.Processes;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.SourcePatches;

/// <summary>Source patches as the user gives them, applied one after the other with patch(1).</summary>
internal static partial class SourcePatch
{
    private const int HunkLinesShown = 16;

    // In the order in which they are tried.
    private static readonly int[] StripLevels = [1, 0, 2];

    /// <summary>The full paths of the files that were changed, added or removed. Exactly one of the results is not null.</summary>
    public static async Task<(ImmutableSortedSet<string>? Changed, Refusal? Refusal)> ApplyAsync(
        string tree, IEnumerable<string> patchFiles, string log, CancellationToken cancel, bool keepLines = true)
    {
        var before = new Dictionary<string, byte[]?>();
        foreach (string patchFile in patchFiles)
        {
            var files = UnifiedDiff.Read(ReadLines(patchFile));
            if (RefuseContent(patchFile, files) is { } bad)
            {
                return (null, bad);
            }
            int strip = StripOf(files, tree);
            foreach (string path in files.Select(f => f.Name(strip)).OfType<string>().Select(n => Path.GetFullPath(n, tree)))
            {
                before.TryAdd(path, File.Exists(path) ? File.ReadAllBytes(path) : null);
            }
            var run = await new ToolRun(log, cancel) { WorkingFolder = tree }.RunAsync(
                "patch", $"-p{strip}", "--batch", "--forward", "--no-backup-if-mismatch", "-i", patchFile);
            if (Refuse(run, patchFile, files, strip, log) is { } refusal)
            {
                return (null, refusal);
            }
        }
        if (keepLines)
        {
            KeepLines(before);
        }
        return (before.Keys.ToImmutableSortedSet(StringComparer.Ordinal), null);
    }

    /// <summary>How many folders of a name the tree does not have: as -p of patch(1).</summary>
    internal static int StripOf(ImmutableArray<DiffedFile> files, string tree)
    {
        var changed = files.Where(f => !f.IsAdded).ToList();
        foreach (int level in StripLevels)
        {
            if (changed.Count > 0 && changed.All(f => f.Name(level) is { } name && File.Exists(Path.Combine(tree, name))))
            {
                return level;
            }
        }
        return StripLevels[0];
    }

    /// <summary>Latin-1 keeps every byte, whatever the encoding of the sources is.</summary>
    internal static string[] ReadLines(string path) => File.ReadAllLines(path, Encoding.Latin1);

    /// <summary>What is against a patch before anything is tried: that it is none, or changes files outside of the tree.</summary>
    internal static Refusal? RefuseContent(string patchFile, ImmutableArray<DiffedFile> files)
    {
        string name = Path.GetFileName(patchFile);
        return files.IsEmpty ? BuildRefusals.PatchDoesNotApply.About(name, $"{name} is no unified diff (diff -u, git diff).")
            : files.FirstOrDefault(f => f.IsElsewhere) is { } outside ? BuildRefusals.PatchDoesNotApply.About(name, $"{name} changes {outside.NewName.Replace('\0', '?')}, which is not in the source tree; name files relative to it.")
            : null;
    }

    private static Refusal? Refuse(ToolResult run, string patchFile, ImmutableArray<DiffedFile> files, int strip, string log)
    {
        string name = Path.GetFileName(patchFile);
        if (run.Missing is { } tool)
        {
            return BuildRefusals.ToolMissing.About(tool, $"The program {tool} is not installed; install the package {tool}.");
        }
        return run.IsOk ? null : BuildRefusals.PatchDoesNotApply.About(name, $"{name} does not apply to the source{Failed(run.Output, files, strip)}\nAll of it is in {log}.");
    }

    // patch(1) says "patching file F", then "Hunk #N FAILED at L."; or that there is no such file.
    private static string Failed(string output, ImmutableArray<DiffedFile> files, int strip)
    {
        string? file = null;
        foreach (string line in output.Split('\n'))
        {
            if (Patching().Match(line) is { Success: true } patching)
            {
                file = patching.Groups[1].Value;
            }
            else if (FailedHunk().Match(line) is { Success: true } hunk)
            {
                int number = int.Parse(hunk.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
                var lines = files.FirstOrDefault(f => f.Name(strip) == file)?.Hunks.ElementAtOrDefault(number - 1) ?? [];
                return $": hunk {number} of {file} fails{string.Concat((lines.IsDefault ? [] : lines).Take(HunkLinesShown).Select(l => "\n  " + l))}";
            }
        }
        if (output.Contains("previously applied", StringComparison.Ordinal))
        {
            return ": it is applied already.";
        }
        var missing = output.Contains("can't find file", StringComparison.Ordinal) ? files.FirstOrDefault(f => output.Contains(f.NewName, StringComparison.Ordinal)) : null;
        return missing is null ? "." : $": there is no file {missing.Name(strip) ?? missing.NewName}.";
    }

    private static void KeepLines(Dictionary<string, byte[]?> before)
    {
        foreach (var (path, bytes) in before)
        {
            if (bytes is null || !LineKeeper.IsFor(path) || !File.Exists(path))
            {
                continue;
            }
            string @new = File.ReadAllText(path, Encoding.Latin1);
            string kept = LineKeeper.Keep(Encoding.Latin1.GetString(bytes), @new);
            if (kept != @new)
            {
                File.WriteAllText(path, kept, Encoding.Latin1);
            }
        }
    }

    [GeneratedRegex("^(?:patching|checking) file '?([^']*?)'?$")]
    private static partial Regex Patching();

    [GeneratedRegex(@"^Hunk #(\d+) FAILED")]
    private static partial Regex FailedHunk();
}
