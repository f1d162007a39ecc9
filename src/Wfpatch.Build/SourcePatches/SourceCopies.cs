// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build.Trees;

namespace Wfpatch.Build.SourcePatches;

/// <summary>
/// Copies of source files that a build has made in its tree, to compile those (nginx of Debian configures a copy of src/ in a folder of its own). What
/// a patch does to a file is done to its copies: no build makes them again without configuring again.
/// </summary>
internal static class SourceCopies
{
    /// <param name="before">The tree without the patch.</param>
    /// <param name="tree">The same tree, with it.</param>
    /// <param name="changed">Full paths in <paramref name="tree"/>.</param>
    /// <returns>The full paths of the copies that were changed, added or removed.</returns>
    public static ImmutableArray<string> Follow(string before, string tree, IEnumerable<string> changed)
    {
        string[] names = [.. changed.Select(c => Path.GetRelativePath(tree, c))];
        string[] folders = [.. names.SelectMany(n => FoldersWith(before, n)).Distinct()];
        var followed = ImmutableArray.CreateBuilder<string>();
        foreach (string name in names)
        {
            foreach (string folder in folders)
            {
                if (Take(before, tree, folder, name) is { } copy)
                {
                    followed.Add(copy);
                }
            }
        }
        return followed.ToImmutable();
    }

    /// <summary>The folders, within the tree, that hold a file of that name and content, whole folder names included: "debian/build" for "src/x.c".</summary>
    private static IEnumerable<string> FoldersWith(string before, string name)
    {
        string original = Path.Combine(before, name);
        if (!File.Exists(original))
        {
            yield break;
        }
        foreach (string path in TreeFiles.Find(before, Path.GetFileName(name)))
        {
            if (path != original && path.EndsWith("/" + name, StringComparison.Ordinal) && IsSame(original, path))
            {
                yield return Path.GetRelativePath(before, path[..^(name.Length + 1)]);
            }
        }
    }

    private static string? Take(string before, string tree, string folder, string name)
    {
        string original = Path.Combine(before, name);
        string @new = Path.Combine(tree, name);
        string copyBefore = Path.Combine(before, folder, name);
        string copy = Path.Combine(tree, folder, name);
        // Not where the build has a file of its own by that name.
        bool isCopy = File.Exists(original) == File.Exists(copyBefore) && (!File.Exists(original) || IsSame(original, copyBefore));
        if (!isCopy || !Directory.Exists(Path.GetDirectoryName(copy)))
        {
            return null;
        }
        if (File.Exists(@new))
        {
            File.Copy(@new, copy, overwrite: true);
        }
        else
        {
            File.Delete(copy);
        }
        return copy;
    }

    private static bool IsSame(string one, string other) =>
        new FileInfo(one).Length == new FileInfo(other).Length && File.ReadAllBytes(one).AsSpan().SequenceEqual(File.ReadAllBytes(other));
}
