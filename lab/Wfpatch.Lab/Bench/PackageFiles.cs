// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Testing.Packages;
using Wfpatch.Testing.Redirects;

namespace Wfpatch.Lab.Bench;

/// <summary>Programs and libraries of Debian packages that need not be installed.</summary>
internal static class PackageFiles
{
    /// <summary>The file as it is installed, or else unpacked; null: its package cannot be had here.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="package">Null: only what is installed counts.</param>
    public static async Task<string?> FindAsync(string file, string? package, CancellationToken cancel)
    {
        if (InstalledBinary.Find(file) is { } installed)
        {
            return installed;
        }
        return package is not null && (await UnpackedPackages.AloneAsync(package, [package], cancel)).Root is { } root ? InstalledBinary.Find(file, root) : null;
    }
}
