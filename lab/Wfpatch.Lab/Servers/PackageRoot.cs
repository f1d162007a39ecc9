// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Packages;

namespace Wfpatch.Lab.Servers;

/// <summary>A folder that stands for /, with the packages of one server in it; nothing is installed, and no service started.</summary>
internal static class PackageRoot
{
    /// <exception cref="InvalidOperationException">A package cannot be had.</exception>
    internal static async Task<string> GetAsync(string server, ImmutableArray<string> packages, CancellationToken cancel)
    {
        (string? root, string why) = await UnpackedPackages.AloneAsync($"lab-{server}", packages, cancel);
        return root ?? throw new InvalidOperationException(why);
    }

    /// <summary>What goes into LD_LIBRARY_PATH.</summary>
    internal static string Libraries(string root) => $"{root}/usr/lib/x86_64-linux-gnu";
}
