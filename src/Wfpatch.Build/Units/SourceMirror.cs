// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Build.Units;

/// <summary>
/// A second tree beside the user's: real folders, in them a link to each file, so that a few files can be others. Compilers
/// find what a file includes beside it by the name they were given, and stay within.
/// </summary>
/// <param name="Original">The user's tree, a full path.</param>
/// <param name="Root">The mirror's.</param>
internal sealed record SourceMirror(string Original, string Root)
{
    public static SourceMirror Create(string original, string root, CancellationToken cancel)
    {
        Link(original, root, cancel);
        return new SourceMirror(original, root);
    }

    /// <summary>A place of the tree as a place of the mirror; any other as it is.</summary>
    public string Inside(string path) =>
        path == Original ? Root : path.StartsWith(Original + "/", StringComparison.Ordinal) ? Root + path[Original.Length..] : path;

    /// <summary>Makes a link a file of its own, with the same content.</summary>
    public void Own(string name)
    {
        string path = Path.Combine(Root, name);
        if (File.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: false) is not null)
        {
            File.Delete(path);
            File.Copy(Path.Combine(Original, name), path);
        }
    }

    /// <summary>The arguments of a call, with the mirror's paths. Macros keep their text.</summary>
    public ImmutableArray<string> Inside(ImmutableArray<string> arguments)
    {
        var inside = ImmutableArray.CreateBuilder<string>(arguments.Length);
        for (int i = 0; i < arguments.Length; i++)
        {
            bool isMacro = arguments[i].StartsWith("-D", StringComparison.Ordinal) || arguments[i].Contains("-prefix-map=", StringComparison.Ordinal) || (i > 0 && arguments[i - 1] == "-D");
            inside.Add(isMacro ? arguments[i] : InsideWord(arguments[i]));
        }
        return inside.ToImmutable();
    }

    private string InsideWord(string word)
    {
        int at = word.IndexOf(Original, StringComparison.Ordinal);
        int end = at + Original.Length;
        return at < 0 || (end < word.Length && word[end] != '/') ? word : string.Concat(word.AsSpan(0, at), Root, word.AsSpan(end));
    }

    private static void Link(string from, string to, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        Directory.CreateDirectory(to);
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            string path = Path.Combine(to, entry.Name);
            if (entry is DirectoryInfo { LinkTarget: null })
            {
                if (entry.Name != ".git")
                {
                    Link(entry.FullName, path, cancel);
                }
            }
            else
            {
                // A link of the user's keeps its own target where that is relative: it may lead to what is changed.
                File.CreateSymbolicLink(path, entry.LinkTarget is { } target && !Path.IsPathRooted(target) ? target : entry.FullName);
            }
        }
    }
}
