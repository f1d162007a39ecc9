// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Packages;

namespace Wfpatch.Live.Tests.Servers;

/// <summary>Servers of the distribution, downloaded and unpacked once.</summary>
public static class ServerPackages
{
    private static readonly ImmutableArray<string> Wanted =
        ["apache2-bin", "slapd", "ldap-utils", "nginx", "redis-server", "redis-tools", "mariadb-server-core", "mariadb-client-core", "samba", "smbclient"];

    /// <summary>Debian's Node.js, also where another one is installed.</summary>
    private static readonly ImmutableArray<string> Node =
        ["nodejs=18.*", "libnode108", "libc-ares2", "libbrotli1", "libnghttp2-14", "libuv1", "libicu72", "node-acorn", "node-cjs-module-lexer", "node-undici"];

    private static readonly Lazy<Task<(string? Root, string Why)>> Servers = new(() => UnpackedPackages.WithDependenciesAsync("servers", Wanted));

    private static readonly Lazy<Task<(string? Root, string Why)>> NodeOfDebian = new(() => UnpackedPackages.AloneAsync("node", Node));

    /// <summary>The folder that stands for /; or null and why there is none.</summary>
    public static Task<(string? Root, string Why)> GetAsync() => Servers.Value;

    /// <summary>The same, with Debian's Node.js.</summary>
    public static Task<(string? Root, string Why)> GetNodeAsync() => NodeOfDebian.Value;
}
