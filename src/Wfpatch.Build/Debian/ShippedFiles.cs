// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build.Caches;
using Wfpatch.Build.Processes;
using Wfpatch.Build.Trees;

namespace Wfpatch.Build.Debian;

/// <summary>A program, library or module as a binary package ships it; nothing is installed.</summary>
internal sealed record ShippedFile(string Name, ReadOnlyMemory<byte> Bytes);

/// <summary>What binary packages ship.</summary>
internal static class ShippedFiles
{
    /// <returns>All ELF files of these packages, in the packages' order; of a package that cannot be had in this version, none.</returns>
    public static async Task<ImmutableArray<ShippedFile>> ReadAsync(BuildCache cache, ImmutableArray<string> packages, string version, CancellationToken cancel)
    {
        var files = ImmutableArray.CreateBuilder<ShippedFile>();
        foreach (string package in packages)
        {
            if (await UnpackAsync(cache, package, version, cancel) is { } folder)
            {
                foreach (string path in TreeFiles.Find(folder, "*").Where(ElfReading.IsElf).Order(StringComparer.Ordinal))
                {
                    files.Add(new ShippedFile(Path.GetFileName(path), await File.ReadAllBytesAsync(path, cancel)));
                }
            }
        }
        return files.ToImmutable();
    }

    private static async Task<string?> UnpackAsync(BuildCache cache, string package, string version, CancellationToken cancel)
    {
        string folder = cache.Folder("shipped", BuildCache.KeyOf(package, version));
        if (Directory.Exists(folder))
        {
            return folder;
        }
        string log = cache.Log($"{package}-shipped");
        string unfinished = folder + ".unfinished";
        BuildCache.Remove(unfinished);
        Directory.CreateDirectory(unfinished);
        var apt = await PrivateApt.PrepareAsync(Path.Combine(cache.Root, "apt"), cancel);
        await apt.Run(log, cancel, unfinished).RunAsync("apt-get", "download", $"{package}={version}");
        if (Directory.EnumerateFiles(unfinished, "*.deb").SingleOrDefault() is not { } archive
            || !(await new ToolRun(log, cancel).RunAsync("dpkg-deb", "--extract", archive, unfinished)).IsOk)
        {
            return null;
        }
        Directory.Move(unfinished, folder);
        return folder;
    }
}
