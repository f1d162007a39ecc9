// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Live.Profiles;
using Wfpatch.Live.Tests.Libraries;
using Wfpatch.Testing;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Servers;

/// <summary>
/// A name of a function that may be on the stack at a point is compared with what a patch changes, and with nothing else: one that is misspelt would
/// be silent. So each name of a shipped profile must be a symbol of the distribution's program or of its libraries, or, since static functions of
/// stripped programs have none, a word of its source.
/// </summary>
public sealed class ProfileNamesTests(ITestOutputHelper output)
{
    private const string Machine = "usr/lib/x86_64-linux-gnu", Suite = "bookworm";

    /// <summary>Of each profile: the program's package of sources (empty: it has symbols), its file and the folder of its libraries, which may have a star.</summary>
    private static readonly ImmutableDictionary<string, (string Source, string[] Files)> Programs = new Dictionary<string, (string, string[])>
    {
        ["httpd"] = ("apache2", ["usr/sbin/apache2"]),
        ["mariadbd"] = ("", ["usr/sbin/mariadbd"]),
        ["memcached"] = ("memcached", ["usr/bin/memcached"]),
        ["nginx"] = ("nginx", ["usr/sbin/nginx"]),
        ["node"] = ("", ["usr/bin/node", $"{Machine}/libnode.so.*"]),
        ["postgres"] = ("postgresql-15", ["usr/lib/postgresql/15/bin/postgres"]),
        ["redis-server"] = ("redis", ["usr/bin/redis-check-rdb"]),
        ["slapd"] = ("openldap", ["usr/sbin/slapd", $"{Machine}/libldap-2.5.so.*"]),
        ["smbd"] = ("samba", ["usr/sbin/smbd", $"{Machine}/samba/libsmbd-base-samba4.so.*"]),
    }.ToImmutableDictionary();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Profiles => [.. Directory.EnumerateFiles(RepositoryRoot.Combine("profiles"), "*.toml").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Profiles))]
    public async Task All_functions_of_a_profile_are_the_programs(string name)
    {
        var profile = ShippedProfiles.Find(name).Profile!;
        var (source, patterns) = Programs[name];
        var names = profile.Below.Concat(profile.Points.Select(p => p.Function)).ToHashSet();
        var files = await FindAsync(patterns);
        if (files.Count > 0)
        {
            names.ExceptWith(await SymbolsAsync(files));
        }
        else
        {
            Assert.SkipWhen(source.Length == 0, $"{patterns[0]} is not installed");
        }
        output.WriteLine($"not among the symbols of {string.Join(", ", files.Select(Path.GetFileName))}: {string.Join(' ', names.Order(StringComparer.Ordinal))}");
        if (source.Length > 0 && names.Count > 0)
        {
            var (archives, why) = await LibraryRoots.GetSourcesAsync($"{Suite}-{source}", Suite, source);
            Assert.SkipWhen(archives is null, why);
            names.ExceptWith(await WordsAsync(archives!, names));
        }
        Assert.Empty(names);
    }

    /// <summary>Installed here, or unpacked for the tests of servers.</summary>
    private static async Task<List<string>> FindAsync(string[] patterns)
    {
        string[] roots = ["/", .. ((await ServerPackages.GetAsync()).Root is { } root ? [root] : Array.Empty<string>())];
        return [.. patterns.Select(pattern => roots
            .Select(r => Path.Combine(r, Path.GetDirectoryName(pattern)!)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, Path.GetFileName(pattern))).FirstOrDefault()).OfType<string>()];
    }

    private static async Task<HashSet<string>> SymbolsAsync(List<string> files)
    {
        var all = new HashSet<string>();
        foreach (string table in (string[])["--dynamic", "--debug-syms"])
        {
            var listed = await ChildProcess.RunAsync(new("nm", ["--defined-only", "--format=posix", table, .. files]), Cancel);
            all.UnionWith(listed.Output.Split('\n').Select(line => line.Split(' ', '@')[0]));
        }
        return all;
    }

    /// <summary>Which of the names are words of the sources.</summary>
    private static async Task<string[]> WordsAsync(string folder, IEnumerable<string> names)
    {
        const string Search = "for archive in \"$1\"/*.tar.*; do tar -xOf \"$archive\" --wildcards '*.c' '*.h' | grep -aowE \"$2\" | sort -u; done";
        var found = await ChildProcess.RunAsync(new("sh", ["-c", Search, "sh", folder, string.Join('|', names)]), Cancel);
        return found.OrThrow().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
