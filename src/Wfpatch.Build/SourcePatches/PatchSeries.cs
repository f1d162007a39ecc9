// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.SourcePatches;

/// <summary>A folder of patches with a file "series" that names them in their order, as quilt(1) and debian/patches have it.</summary>
public static class PatchSeries
{
    private const string FileName = "series";

    /// <summary>The paths of the patches in their order, or why they cannot be read.</summary>
    public static (ImmutableArray<string> Files, Refusal? Refusal) Read(string folder)
    {
        string series = Path.Combine(folder, FileName);
        if (!File.Exists(series))
        {
            return ([], BuildRefusals.CannotRead.About(folder, $"{folder} has no file named series; name a folder like debian/patches."));
        }
        ImmutableArray<string> files = [.. Names(series).Select(n => Path.Combine(folder, n))];
        return files.FirstOrDefault(f => !File.Exists(f)) is { } missing
            ? ([], BuildRefusals.CannotRead.About(missing, $"{series} names {Path.GetFileName(missing)}, which is not there."))
            : files.IsEmpty ? ([], BuildRefusals.CannotRead.About(series, $"{series} names no patch.")) : (files, null);
    }

    /// <summary>
    /// Leaves out the patches of a series that the source has applied already, by their names and content. Those must be its first ones, in
    /// their order: what was taken out or changed since cannot be had by adding patches.
    /// </summary>
    /// <param name="files">All patches: those of the series, then others.</param>
    /// <param name="folder">The folder of the series; null: there is none.</param>
    /// <param name="tree">The unpacked source, with .pc and debian/patches where it is a package's (dpkg-source(1), "3.0 (quilt)").</param>
    internal static (ImmutableArray<string> Files, Refusal? Refusal) WithoutApplied(ImmutableArray<string> files, string? folder, string tree)
    {
        string list = Path.Combine(tree, ".pc", "applied-patches");
        if (folder is null || !File.Exists(list))
        {
            return (files, null);
        }
        string[] applied = [.. Names(list)];
        for (int i = 0; i < applied.Length; i++)
        {
            string own = Path.Combine(tree, "debian", "patches", applied[i]);
            string? wanted = i < files.Length && IsIn(files[i], folder) ? Path.GetRelativePath(folder, files[i]) : null;
            if (wanted != applied[i] || !File.Exists(own) || !File.ReadAllBytes(own).AsSpan().SequenceEqual(File.ReadAllBytes(files[i])))
            {
                return ([], BuildRefusals.PatchDoesNotApply.About(applied[i],
                    $"The source has {applied[i]} applied, and the series of {folder} {(wanted == applied[i] ? "has it in another form" : $"has {wanted ?? "no patch"} in its place")}: name the patches that are new with --patch."));
            }
        }
        return (files[applied.Length..], null);
    }

    private static bool IsIn(string file, string folder) => Path.GetFullPath(file).StartsWith(Path.GetFullPath(folder).TrimEnd('/') + '/', StringComparison.Ordinal);

    // Options such as -p1 follow the name; # begins a comment.
    private static IEnumerable<string> Names(string file) =>
        File.ReadLines(file).Select(l => l.Split('#')[0].Trim().Split([' ', '\t'])[0]).Where(n => n.Length > 0);
}
