// SPDX-License-Identifier: Apache-2.0
using Xunit;

namespace Wfpatch.Core.Tests.Unwinding;

/// <summary>Real objects to read: the first three are on every machine that can run the tests.</summary>
internal static class InstalledLibraries
{
    private static readonly string[] Names =
    [
        "libc.so.6", "ld-linux-x86-64.so.2", "libstdc++.so.6", "libgcc_s.so.1", "libm.so.6", "libcrypto.so.3", "libevent-2.1.so.7", "libssl.so.3",
    ];

    private static readonly string[] Folders = ["/lib/x86_64-linux-gnu/", "/usr/lib/x86_64-linux-gnu/", "/lib64/", "/usr/lib64/"];

    public static IEnumerable<string> Paths() =>
        Names.SelectMany(name => Folders.Select(folder => folder + name))
            .Append("/usr/bin/memcached")
            .Where(File.Exists)
            .GroupBy(Path.GetFileName)
            .Select(same => same.First());

    public static TheoryData<string> Theory() => [.. Paths()];
}
