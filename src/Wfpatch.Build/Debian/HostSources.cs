// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Build.Debian;

/// <summary>The archives of the distribution itself that the host's apt uses: those whose suites carry its code name.</summary>
internal static class HostSources
{
    private static readonly string[] ReleaseClasses = ["stable", "oldstable", "oldoldstable", "testing", "unstable", "sid"];

    /// <summary>The host's suite: "bookworm"; null where os-release(5) does not say.</summary>
    public static string? Suite => CodeName(ReadIfPresent("/etc/os-release"));

    public static string Read() => Render(Archives(), Suite);

    internal static string Render(IEnumerable<AptSource> archives, string? codeName) =>
        string.Concat(archives.Where(a => a.Suites.All(s => IsOfDistribution(s, codeName))).Select(a => a.ToDeb822()).Distinct());

    internal static string? CodeName(string osRelease) => osRelease.Split('\n')
        .Where(l => l.StartsWith("VERSION_CODENAME=", StringComparison.Ordinal))
        .Select(l => l["VERSION_CODENAME=".Length..].Trim().Trim('"')).FirstOrDefault(n => n.Length > 0);

    private static bool IsOfDistribution(string suite, string? codeName)
    {
        string head = suite.Split('-', '/')[0];
        return head == codeName || ReleaseClasses.Contains(head);
    }

    private static IEnumerable<AptSource> Archives()
    {
        const string Main = "/etc/apt/sources.list";
        const string Parts = "/etc/apt/sources.list.d";
        foreach (var archive in AptSource.ParseList(ReadIfPresent(Main)))
        {
            yield return archive;
        }
        string[] parts = Directory.Exists(Parts) ? Directory.GetFiles(Parts) : [];
        foreach (string file in parts.Order(StringComparer.Ordinal))
        {
            var archives = Path.GetExtension(file) switch
            {
                ".list" => AptSource.ParseList(ReadIfPresent(file)),
                ".sources" => AptSource.ParseDeb822(ReadIfPresent(file)),
                _ => [],
            };
            foreach (var archive in archives)
            {
                yield return archive;
            }
        }
    }

    private static string ReadIfPresent(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
