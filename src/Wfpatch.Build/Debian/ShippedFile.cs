// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Caches;
using Wfpatch.Build.Processes;
using Wfpatch.Build.Trees;

namespace Wfpatch.Build.Debian;

/// <summary>A program or library as a binary package ships it; nothing is installed.</summary>
internal static class ShippedFile
{
    /// <returns>Its bytes; null where the package of that version cannot be had, or holds no such file.</returns>
    public static async Task<byte[]?> FindAsync(BuildCache cache, string package, string version, string file, CancellationToken cancel)
    {
        string folder = cache.Folder("shipped", BuildCache.KeyOf(package, version));
        string log = cache.Log($"{package}-shipped");
        if (!Directory.Exists(folder))
        {
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
        }
        return TreeFiles.Find(folder, file).FirstOrDefault(ElfReading.IsElf) is { } path ? await File.ReadAllBytesAsync(path, cancel) : null;
    }
}
