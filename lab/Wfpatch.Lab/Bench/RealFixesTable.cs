// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Wfpatch.Build;

namespace Wfpatch.Lab.Bench;

/// <summary>The tables of docs/real-fixes.md from out/builder.json.</summary>
internal static class RealFixesTable
{
    internal static string Render(ImmutableArray<FixRow> rows)
    {
        StringBuilder text = new("| package | patches of C or C++ | compiled | code alone | of those built | refused | wrong | do not build |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var package in rows.GroupBy(row => $"{row.Package} {row.Version}"))
        {
            Append(text, package.Key, [.. package]);
        }
        Append(text, "all", rows);
        text.Append("\n| package | patch | outcome | functions | units | shipped | why |\n| --- | --- | --- | ---: | ---: | --- | --- |\n");
        foreach (FixRow row in rows)
        {
            string why = string.Join("; ", row.Refusals.DistinctBy(r => r.Code).Select(r => $"{r.Code} {r.Subject}"));
            string outcome = System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(row.Outcome.ToString()).Replace('-', ' ') + (row.IsCompiled && !row.IsCodeOnly ? ", with data" : "") + (row.IsBelowLater ? ", below later ones" : "");
            text.Append(CultureInfo.InvariantCulture, $"| {row.Package} | {row.Patch} | {outcome} | {row.Functions} | {(row.Units > 0 ? row.Units : "all")} | {row.Shipped} | {why}{string.Join(", ", row.Forgotten)} |\n");
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, string name, ImmutableArray<FixRow> rows)
    {
        int Count(Func<FixRow, bool> isMeant) => rows.Count(isMeant);
        text.Append(CultureInfo.InvariantCulture,
            $"| {name} | {rows.Length} | {Count(r => r.IsCompiled)} | {Count(r => r.IsCodeOnly)} | {Count(r => r.IsCodeOnly && r.Outcome == SeriesOutcome.Built)} | {Count(r => r.Outcome == SeriesOutcome.Refused)} | {Count(r => r.Outcome == SeriesOutcome.Wrong)} | {Count(r => r.Outcome == SeriesOutcome.NotBuilt)} |\n");
    }
}
