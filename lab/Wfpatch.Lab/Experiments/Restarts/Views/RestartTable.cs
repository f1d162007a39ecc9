// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Spectre.Console;
using Spectre.Console.Rendering;
using static Wfpatch.Lab.Experiments.Figures;

namespace Wfpatch.Lab.Experiments.Restarts.Views;

/// <summary>The table of `lab restart`: for each server a row for the patch and one for the restart.</summary>
internal static class RestartTable
{
    private static readonly ImmutableArray<string> Columns = ["server", "way", "times", "took, ms", "slowest request, ms", "requests", "failed"];

    internal static IRenderable Render(ImmutableArray<RestartReport> reports)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns([.. Columns]);
        foreach (RestartReport report in reports)
        {
            foreach (RestartResult way in report.Ways)
            {
                table.AddRow([.. Cells(report.Server, way).Select(cell => new Text(cell))]);
            }
        }
        return table;
    }

    /// <summary>A row, also of the report.</summary>
    internal static ImmutableArray<string> Cells(string server, RestartResult way) =>
        [server, way.Way, Number(way.Times), Three(way.TookMs, 1, 1), Three(way.WorstMs, 1, 1), Number(way.Requests), Number(way.Failed)];

    internal static string About(ImmutableArray<RestartReport> reports) => string.Join('\n', [
        .. reports.Where(report => report.Conditions is null).Select(report => $"{report.Server}: not measured: {report.Why}"),
        .. reports.SelectMany(report => report.Problems.Select(problem => $"{report.Server}: {problem}")),
        .. reports.Where(report => report.FailedElsewhere > 0).Select(report => $"{report.Server}: {Number(report.FailedElsewhere)} requests failed while nothing was measured"),
        "Median ± standard deviation, and the largest. Took: the command; from the signal until the new process has given its first right reply.",
    ]);
}
