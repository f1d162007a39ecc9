// SPDX-License-Identifier: Apache-2.0
using System.Text.RegularExpressions;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>
/// Tables of documents that come from results. Each stands between two comments; the first says of which results and which table it is: `lab NAME TABLE`. The name `-` means
/// that there are none yet.
/// </summary>
internal static partial class DocsTables
{
    internal const string NoResults = "-";
    private const string Nothing = "Nothing was measured yet.\n";

    /// <summary>The same document with its tables from these results.</summary>
    /// <exception cref="InvalidDataException">A table is asked for that there is not.</exception>
    internal static string Fill(string document, ResultSet set) => Tables().Replace(document, match => Text(match, set.Name, _ => set));

    /// <summary>The same document with its tables as the results that it names have them.</summary>
    /// <param name="find">Gives results by their name.</param>
    /// <exception cref="InvalidDataException">A table is asked for that there is not.</exception>
    internal static string FillAsNamed(string document, Func<string, ResultSet> find) => Tables().Replace(document, match => Text(match, match.Groups["name"].Value, find));

    /// <summary>How many tables a document has.</summary>
    internal static int Count(string document) => Tables().Count(document);

    private static string Text(Match match, string name, Func<string, ResultSet> find)
    {
        string table = match.Groups["table"].Value;
        if (!ReportTables.ByName.TryGetValue(table, out Func<ResultSet, Grid>? make))
        {
            throw new InvalidDataException($"there is no table '{table}'; there are {string.Join(", ", ReportTables.ByName.Keys.Order(StringComparer.Ordinal))}");
        }
        string content = name == NoResults ? Nothing : make(find(name)) is { Rows.IsEmpty: false } grid ? MarkdownView.Render(grid) + "\n" : Nothing;
        return $"<!-- lab {name} {table} -->\n\n{content}\n<!-- /lab -->";
    }

    [GeneratedRegex(@"<!-- lab (?<name>\S+) (?<table>\S+) -->.*?<!-- /lab -->", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Tables();
}
