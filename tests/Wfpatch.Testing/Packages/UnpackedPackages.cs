// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Testing.Packages;

/// <summary>
/// Packages of the distribution, downloaded with apt and unpacked into a folder of out/packages that stands for /; nothing is installed and
/// no service is started. Several processes may do it at once: the last rename wins, and both are equal.
/// </summary>
public static class UnpackedPackages
{
    /// <summary>The packages and what they depend on, as far as it is not installed.</summary>
    /// <returns>The folder; or null and why there is none.</returns>
    public static Task<(string? Root, string Why)> WithDependenciesAsync(string folder, ImmutableArray<string> packages, CancellationToken cancel = default) =>
        UnpackAsync(folder, downloads => new("apt-get",
            [
                "-y", "-q", "--no-install-recommends", "--download-only", "-o", $"Dir::Cache::archives={downloads}", "-o", "Debug::NoLocking=1",
                "-o", "APT::Sandbox::User=root", "install", .. packages,
            ]), cancel);

    /// <summary>The packages alone, installed or not; NAME=VERSION is a certain one, and may end in a star.</summary>
    /// <returns>The folder; or null and why there is none.</returns>
    public static Task<(string? Root, string Why)> AloneAsync(string folder, ImmutableArray<string> packages, CancellationToken cancel = default) =>
        UnpackAsync(folder, downloads => new("apt-get", ["-q", "-o", "APT::Sandbox::User=root", "download", .. packages], downloads), cancel);

    private static async Task<(string? Root, string Why)> UnpackAsync(string name, Func<string, CommandLine> download, CancellationToken cancel)
    {
        string folder = RepositoryRoot.Combine("out", "packages", name);
        if (Directory.Exists(folder))
        {
            return (folder, "");
        }
        string draft = $"{folder}.{Environment.ProcessId}";
        string downloads = Path.Combine(draft, "packages");
        Directory.CreateDirectory(Path.Combine(downloads, "partial"));
        try
        {
            var apt = await ChildProcess.RunAsync(download(downloads), cancel);
            if (apt.Status.Code != 0)
            {
                return (null, $"apt-get cannot download {name}: {apt.Errors.Trim()}");
            }
            foreach (string package in Directory.EnumerateFiles(downloads, "*.deb"))
            {
                (await ChildProcess.RunAsync(CommandLine.Of("dpkg-deb", "-x", package, draft), cancel)).OrThrow();
            }
            Directory.Delete(downloads, recursive: true);
            Directory.Move(draft, folder);
            return (folder, "");
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            return (folder, "");
        }
        finally
        {
            if (Directory.Exists(draft))
            {
                Directory.Delete(draft, recursive: true);
            }
        }
    }
}
