// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;

namespace Wfpatch.Build.Debian;

/// <summary>One archive of the host's apt configuration. (sources.list(5).)</summary>
/// <param name="Options">Signed-By and the like, by their deb822 names.</param>
internal sealed record AptSource(
    ImmutableArray<string> Uris, ImmutableArray<string> Suites, ImmutableArray<string> Components, ImmutableSortedDictionary<string, string> Options)
{
    private static readonly char[] Blanks = [' ', '\t'];

    /// <summary>The enabled archives of a file in the one-line format (.list).</summary>
    public static IEnumerable<AptSource> ParseList(string text)
    {
        foreach (string raw in text.Split('\n'))
        {
            string line = raw.Split('#')[0].Trim();
            string kind = line.Split(Blanks)[0];
            if (kind is not ("deb" or "deb-src"))
            {
                continue;
            }
            string rest = line[kind.Length..].Trim();
            var options = ImmutableSortedDictionary<string, string>.Empty;
            if (rest.StartsWith('[') && rest.IndexOf(']') is > 0 and var end)
            {
                options = ListOptions(rest[1..end]);
                rest = rest[(end + 1)..].Trim();
            }
            string[] words = rest.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2)
            {
                yield return new AptSource([words[0]], [words[1]], [.. words[2..]], options);
            }
        }
    }

    /// <summary>The enabled archives of a file in the deb822 format (.sources).</summary>
    public static IEnumerable<AptSource> ParseDeb822(string text)
    {
        foreach (var stanza in Stanzas(text))
        {
            bool isEnabled = !stanza.TryGetValue("Enabled", out string? enabled) || enabled.Trim() is not ("no" or "false" or "0" or "off");
            if (isEnabled && stanza.TryGetValue("URIs", out string? uris) && stanza.TryGetValue("Suites", out string? suites))
            {
                string[] taken = ["Types", "URIs", "Suites", "Components", "Enabled"];
                yield return new AptSource(
                    Words(uris), Words(suites), Words(stanza.GetValueOrDefault("Components", "")),
                    stanza.Where(f => !taken.Contains(f.Key, StringComparer.OrdinalIgnoreCase)).ToImmutableSortedDictionary(StringComparer.OrdinalIgnoreCase));
            }
        }
    }

    /// <summary>The archive as a deb822 stanza that fetches binaries and sources.</summary>
    public string ToDeb822()
    {
        var text = new StringBuilder("Types: deb deb-src\n");
        text.Append("URIs: ").AppendJoin(' ', Uris).Append("\nSuites: ").AppendJoin(' ', Suites).Append('\n');
        if (!Components.IsEmpty)
        {
            text.Append("Components: ").AppendJoin(' ', Components).Append('\n');
        }
        foreach (var (name, value) in Options)
        {
            text.Append(name).Append(": ").Append(value).Append('\n');
        }
        return text.Append('\n').ToString();
    }

    private static ImmutableSortedDictionary<string, string> ListOptions(string text)
    {
        var options = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string option in text.Split(Blanks, StringSplitOptions.RemoveEmptyEntries))
        {
            int at = option.IndexOf('=');
            string? name = at < 0 ? null : option[..at].TrimEnd('+', '-') switch
            {
                "signed-by" => "Signed-By",
                "arch" => "Architectures",
                "trusted" => "Trusted",
                "check-valid-until" => "Check-Valid-Until",
                _ => null,
            };
            if (name is not null)
            {
                options[name] = option[(at + 1)..].Replace(',', ' ');
            }
        }
        return options.ToImmutable();
    }

    private static IEnumerable<Dictionary<string, string>> Stanzas(string text)
    {
        var stanza = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        string? field = null;
        foreach (string line in text.Split('\n').Append(""))
        {
            if (line.StartsWith('#'))
            {
                continue;
            }
            if (line.Trim().Length == 0)
            {
                if (stanza.Count > 0)
                {
                    yield return stanza;
                }
                stanza = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                field = null;
            }
            else if (Blanks.Contains(line[0]) && field is not null)
            {
                // A continued value keeps its line: an inline key block is one.
                stanza[field] += "\n" + line;
            }
            else if (line.IndexOf(':') is > 0 and var at)
            {
                field = line[..at].Trim();
                stanza[field] = line[(at + 1)..].Trim();
            }
        }
    }

    private static ImmutableArray<string> Words(string text) => [.. text.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries)];
}
