// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Wfpatch.Build.Sources;

/// <summary>The files of a source tree: what they hold, as a key, and whether they are still as they were.</summary>
/// <param name="Key">Equal for trees of equal content, hexadecimal digits.</param>
/// <param name="Seen">Names, sizes and times of all files, hashed: changes when a file is written.</param>
internal sealed record SourceListing(string Key, string Seen)
{
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static SourceListing Read(string tree, CancellationToken cancel)
    {
        var content = new XxHash128();
        var seen = new XxHash128();
        byte[] buffer = new byte[1 << 16];
        foreach (string path in Files(tree))
        {
            cancel.ThrowIfCancellationRequested();
            string name = Path.GetRelativePath(tree, path);
            var file = new FileInfo(path);
            seen.Append(Encoding.UTF8.GetBytes(Stamp(name, file)));
            if (IsHistory(name))
            {
                continue;
            }
            content.Append(Encoding.UTF8.GetBytes($"{name}\0{file.LinkTarget}\0{(int)file.UnixFileMode}\0"));
            if (file.LinkTarget is null)
            {
                using var stream = file.OpenRead();
                for (int read; (read = stream.Read(buffer)) > 0;)
                {
                    content.Append(buffer.AsSpan(0, read));
                }
            }
        }
        return new SourceListing(Convert.ToHexStringLower(content.GetCurrentHash()), Convert.ToHexStringLower(seen.GetCurrentHash()));
    }

    /// <summary>As <see cref="Seen"/>, without reading the files.</summary>
    public static string Look(string tree)
    {
        var seen = new XxHash128();
        foreach (string path in Files(tree))
        {
            seen.Append(Encoding.UTF8.GetBytes(Stamp(Path.GetRelativePath(tree, path), new FileInfo(path))));
        }
        return Convert.ToHexStringLower(seen.GetCurrentHash());
    }

    private static string Stamp(string name, FileInfo file) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}\0{(file.LinkTarget is null ? file.Length : 0)}\0{file.LastWriteTimeUtc.Ticks}\n");

    // What git keeps of other versions is no part of this one; what it has checked out is.
    private static bool IsHistory(string name) =>
        name.StartsWith(".git/", StringComparison.Ordinal) && name != ".git/HEAD" && name != ".git/packed-refs" && !name.StartsWith(".git/refs/", StringComparison.Ordinal);

    private static IEnumerable<string> Files(string folder)
    {
        var options = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false };
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", options).OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            if (entry is DirectoryInfo { LinkTarget: null } inner)
            {
                foreach (string path in Files(inner.FullName))
                {
                    yield return path;
                }
            }
            else
            {
                yield return entry.FullName;
            }
        }
    }
}
