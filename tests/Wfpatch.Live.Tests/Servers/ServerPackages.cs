// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Live.Tests.Servers;

/// <summary>
/// Servers of the distribution, downloaded and unpacked into out/servers; nothing is installed and no service is started. Several
/// processes may do it at once: the last rename wins, and both are equal.
/// </summary>
public static class ServerPackages
{
    private static readonly ImmutableArray<string> Wanted =
        ["apache2-bin", "slapd", "ldap-utils", "nginx", "redis-server", "redis-tools", "mariadb-server-core", "mariadb-client-core", "samba", "smbclient"];

    private static readonly Lazy<Task<(string? Root, string Why)>> Unpacked = new(UnpackAsync);

    /// <summary>The folder that stands for /; or null and why there is none.</summary>
    public static Task<(string? Root, string Why)> GetAsync() => Unpacked.Value;

    private static async Task<(string? Root, string Why)> UnpackAsync()
    {
        string folder = RepositoryRoot.Combine("out", "servers");
        if (Directory.Exists(folder))
        {
            return (folder, "");
        }
        string draft = $"{folder}.{Environment.ProcessId}";
        string packages = Path.Combine(draft, "packages");
        Directory.CreateDirectory(Path.Combine(packages, "partial"));
        try
        {
            // What is installed already is not downloaded: the programs run on this machine's libraries, too.
            var apt = await ChildProcess.RunAsync(new("apt-get",
                ["-y", "-q", "--no-install-recommends", "--download-only", "-o", $"Dir::Cache::archives={packages}", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root", "install", .. Wanted]));
            if (apt.Status.Code != 0)
            {
                return (null, $"apt-get cannot download the servers: {apt.Errors.Trim()}");
            }
            foreach (string package in Directory.EnumerateFiles(packages, "*.deb"))
            {
                (await ChildProcess.RunAsync(CommandLine.Of("dpkg-deb", "-x", package, draft))).OrThrow();
            }
            Directory.Delete(packages, recursive: true);
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
