// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Testing;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Redirects;

namespace Wfpatch.Lab.Bench;

/// <summary>Programs and libraries of Debian packages that need not be installed: apt downloads a package, and it is unpacked
/// in out/packages. Nothing is installed or started.</summary>
internal static class PackageFiles
{
    private static string Folder => RepositoryRoot.Combine("out", "packages");

    /// <summary>The file as it is installed, or else unpacked; null: its package cannot be had here.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="package">Null: only what is installed counts.</param>
    public static async Task<string?> FindAsync(string file, string? package, CancellationToken cancel)
    {
        if (InstalledBinary.Find(file) is { } installed)
        {
            return installed;
        }
        if (package is null)
        {
            return null;
        }
        string root = Path.Combine(Folder, package);
        if (!Directory.Exists(root))
        {
            string downloads = Path.Combine(Folder, $"{package}.new");
            Directory.CreateDirectory(downloads);
            await ChildProcess.RunAsync(CommandLine.Of("sh", "-c", "cd \"$1\" && apt-get -q download \"$2\" && dpkg-deb -x \"$2\"_*.deb root && mv root \"$3\"", "sh", downloads, package, root), cancel);
            Directory.Delete(downloads, recursive: true);
        }
        return Directory.Exists(root) ? InstalledBinary.Find(file, root) : null;
    }
}
