// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Trees;

/// <summary>Reads the ELF files of one tree. Links, version control folders and the folders in which a Debian package is staged are passed over.</summary>
internal static class ElfTree
{
    private const string PackageField = "Package:";

    private static readonly string[] SkippedFolders = [".git", ".svn", ".hg", ".pc"];

    // -gsplit-dwarf: debug information beside the object; nothing of it is linked.
    private const string SplitDebug = ".dwo";

    /// <param name="known">A tree that was read before: files of the same bytes are taken from it as the same object.</param>
    public static (Dictionary<string, ElfFile>? Files, Refusal? Refusal) Read(string root, (string Root, Dictionary<string, ElfFile> Files)? known)
    {
        var files = new Dictionary<string, ElfFile>();
        foreach (string path in Files(root))
        {
            string relative = Path.GetRelativePath(root, path);
            if (path.EndsWith(SplitDebug, StringComparison.Ordinal))
            {
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
            if (known is { } other && other.Files.TryGetValue(relative, out var same) && SameBytes(Path.Combine(other.Root, relative), bytes))
            {
                files.Add(relative, same);
                continue;
            }
            var (file, refusal) = ElfFile.Parse(bytes, relative, new DebugFiles(path));
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

    private static bool SameBytes(string path, byte[] bytes) => ElfReading.ReadBytes(path).Bytes is { } other && other.AsSpan().SequenceEqual(bytes);

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
