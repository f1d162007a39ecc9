// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Wfpatch.Lab.Experiments.Endurances.Views;

/// <summary>The table of `lab endurance`: a row for each server.</summary>
internal static class EnduranceTable
{
    private static readonly ImmutableArray<string> Columns =
        ["server", "cycles", "ms each", "requests", "failed", "slowest, ms", "code, KiB", "page tables, KiB", "mapped, KiB", "open files", "threads", "told, bytes", ""];

    internal static IRenderable Render(ImmutableArray<EnduranceReport> reports)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns([.. Columns]);
        foreach (EnduranceReport report in reports.Where(report => report.Conditions is not null))
        {
            table.AddRow([.. Cells(report).Select(cell => new Text(cell))]);
        }
        return table;
    }

    internal static string About(ImmutableArray<EnduranceReport> reports) => string.Join('\n', [
        .. reports.Where(report => report.Conditions is null).Select(report => $"{report.Server}: not measured: {report.Why}"),
        .. reports.Where(report => report.Failure.Length > 0).Select(report => $"{report.Server}: ended early: {report.Failure}"),
        .. reports.Where(report => report.MakesCode).Select(report => $"{report.Server}: it makes code itself, so that growth of code may be its own"),
        $"Growth from cycle {EnduranceOptions.CyclesToSettle} to the last one; told: what `apply` itself said to have added.",
    ]);

    private static ImmutableArray<string> Cells(EnduranceReport report) =>
    [
        report.Server, $"{Number(report.Cycles)} of {Number(report.Conditions!.Options.Cycles)}", report.MillisecondsEach.ToString("0.0", CultureInfo.InvariantCulture), Number(report.Requests), Number(report.Failed),
        (report.WorstUs / 1000).ToString("0.0", CultureInfo.InvariantCulture), Number(report.Growth.CodeKiB), Number(report.Growth.PageTablesKiB), Number(report.Growth.MappedKiB), Number(report.Growth.Files),
        Number(report.Growth.Threads), Number(report.Growth.BytesTold), report.IsGood ? "" : "NOT as it should be",
    ];

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
