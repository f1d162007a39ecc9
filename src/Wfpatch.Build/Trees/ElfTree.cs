// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Trees;

/// <summary>Reads the ELF files of one tree. Links, version control folders and the folders in which a Debian package is staged are passed over.</summary>
internal static class ElfTree
{
    private const string PackageField = "Package:";
    private const int PieceLength = 1 << 16;

    private static readonly string[] SkippedFolders = [".git", ".svn", ".hg", ".pc"];

    // -gsplit-dwarf: debug information beside the object; nothing of it is linked.
    private const string SplitDebug = ".dwo";

    /// <summary>Files that both trees have with the same bytes are one, and of those, as of linked programs, what is loaded is kept alone: debug information makes most of a tree.</summary>
    /// <returns>By path within the tree; or why one cannot be read.</returns>
    public static (Dictionary<string, ElfFile>? Old, Dictionary<string, ElfFile>? New, Refusal? Refusal) ReadBoth(string oldRoot, string newRoot)
    {
        HashSet<string> same = [];
        var (old, refusal) = Read(oldRoot, (relative, path, bytes) =>
        {
            bool isSame = HasBytes(Path.Combine(newRoot, relative), bytes);
            same.UnionWith(isSame ? [relative] : []);
            return Parse(relative, path, bytes, isSame);
        });
        if (old is null)
        {
            return (null, null, refusal);
        }
        (var @new, refusal) = Read(newRoot, (relative, path, bytes) => Parse(relative, path, bytes, isSame: false), relative => same.Contains(relative) ? old.GetValueOrDefault(relative) : null);
        return @new is null ? (null, null, refusal) : (old, @new, null);
    }

    /// <param name="parse">From path within the tree, path and bytes to the file.</param>
    /// <param name="find">What is known of a path already.</param>
    private static (Dictionary<string, ElfFile>? Files, Refusal? Refusal) Read(
        string root, Func<string, string, byte[], (ElfFile? File, Refusal? Refusal)> parse, Func<string, ElfFile?>? find = null)
    {
        var files = new Dictionary<string, ElfFile>();
        foreach (string path in Files(root))
        {
            string relative = Path.GetRelativePath(root, path);
            if (path.EndsWith(SplitDebug, StringComparison.Ordinal))
            {
                continue;
            }
            if (find?.Invoke(relative) is { } known)
            {
                files.Add(relative, known);
                continue;
            }
            if (path.EndsWith(".o", StringComparison.Ordinal) && ElfReading.FindForeign(path, relative) is { } foreign)
            {
                return (null, foreign);
            }
            if (!ElfReading.IsElf(path))
            {
                continue;
            }
            var (bytes, unreadable) = ElfReading.ReadBytes(path);
            if (bytes is null)
            {
                return (null, unreadable);
            }
            var (file, refusal) = parse(relative, path, bytes);
            if (file is null && path.EndsWith(".o", StringComparison.Ordinal))
            {
                return (null, refusal);
            }
            if (file is not null)
            {
                files.Add(relative, file);
            }
        }
        return (files, null);
    }

    private static (ElfFile? File, Refusal? Refusal) Parse(string relative, string path, byte[] bytes, bool isSame)
    {
        var (file, refusal) = ElfFile.Parse(bytes, relative, new DebugFiles(path));
        return (file is not null && (isSame || !file.IsRelocatable) ? file.Loaded() : file, refusal);
    }

    /// <summary>Whether a file that may not be there has these bytes; it is read in pieces.</summary>
    private static bool HasBytes(string path, byte[] bytes)
    {
        if (!File.Exists(path))
        {
            return false;
        }
        try
        {
            using var stream = File.OpenRead(path);
            byte[] buffer = new byte[PieceLength];
            int at = 0;
            for (int read; stream.Length == bytes.Length && (read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0; at += read)
            {
                if (at + read > bytes.Length || !buffer.AsSpan(0, read).SequenceEqual(bytes.AsSpan(at, read)))
                {
                    return false;
                }
            }
            return at == bytes.Length;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false; // it is read again, and refused then
        }
    }

    private static IEnumerable<string> Files(string folder)
    {
        var options = new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };
        foreach (string file in Directory.EnumerateFiles(folder, "*", options).Order(StringComparer.Ordinal))
        {
            yield return file;
        }
        string[] skipped = [.. SkippedFolders, .. StagingFolders(folder)];
        foreach (string inner in Directory.EnumerateDirectories(folder, "*", options).Order(StringComparer.Ordinal))
        {
            if (!skipped.Contains(Path.GetFileName(inner)))
            {
                foreach (string file in Files(inner))
                {
                    yield return file;
                }
            }
        }
    }

    // debian/tmp and debian/PACKAGE hold what is installed, often stripped (debhelper(7)); other folders there may be where it was built.
    private static string[] StagingFolders(string folder)
    {
        string control = Path.Combine(folder, "control");
        return Path.GetFileName(folder) != "debian" || !File.Exists(control) ? [] :
        [
            "tmp", ".debhelper",
            .. File.ReadLines(control).Where(l => l.StartsWith(PackageField, StringComparison.Ordinal)).Select(l => l[PackageField.Length..].Trim()),
        ];
    }
}
