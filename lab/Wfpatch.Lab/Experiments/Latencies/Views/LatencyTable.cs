// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using static Wfpatch.Lab.Experiments.Figures;

namespace Wfpatch.Lab.Experiments.Latencies.Views;

/// <summary>The table of `lab latency`: for each server a row for each method.</summary>
internal static class LatencyTable
{
    private static readonly ImmutableArray<string> Columns =
        ["server", "method", "p50 us", "p99 us", "p99.9 us", "max us", "p99 to none (95 %)", "p99.9 to none (95 %)", "patches", "missed", "thread stood, us (most)", "transition, ms (most)", "failed"];

    internal static IRenderable Render(ImmutableArray<LatencyReport> reports)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns([.. Columns]);
        foreach (LatencyReport report in reports)
        {
            foreach (MethodResult method in report.Methods)
            {
                table.AddRow([.. Cells(report.Server, method).Select(cell => new Text(cell))]);
            }
        }
        return table;
    }

    /// <summary>What the table is about, and what is not in it.</summary>
    internal static string About(ImmutableArray<LatencyReport> reports) => string.Join('\n', reports.SelectMany(About));

    private static IEnumerable<string> About(LatencyReport report)
    {
        if (report.Conditions is not { } conditions)
        {
            yield return $"{report.Server}: not measured: {report.Why}";
            yield break;
        }
        LatencyOptions options = conditions.Options;
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{report.Server}: {conditions.Title}, {options.Connections} connections, {options.RequestsPerSecond:0} requests a second{(conditions.Long.Length > 0 ? $", and one with {conditions.Long}" : "")}; windows of {options.WindowSeconds:0.##} s, a patch every {options.PeriodSeconds:0.##} s, at most {options.LimitSeconds:0.##} s for each; {conditions.Processors} processors, load average {string.Join(" and ", conditions.Load.Select(load => Number(load)))} before and after; {report.Failed} of {report.Requests:#,##0} requests failed; lab/results/{report.File}");
        foreach (ImpossibleMethod method in report.Impossible)
        {
            yield return $"{report.Server}: not by {method.Method}: {method.Why}";
        }
        foreach (MethodResult method in report.Methods.Where(method => method.OtherVersion > 0))
        {
            yield return $"{report.Server}: {method.Method}: {method.OtherVersion} replies of the other version came when all was said to be done";
        }
    }

    private static ImmutableArray<string> Cells(string server, MethodResult method) =>
    [
        server, method.Method, Number(method.Latency.With.P50), Number(method.Latency.With.P99), Number(method.Latency.With.P999), Number(method.Latency.With.Max),
        Ratio(method, quantiles => quantiles.P99), Ratio(method, quantiles => quantiles.P999), $"{method.Patches}", $"{method.Missed}",
        Both(method.LongestWait, 1, 0), Both(method.Transition, 1000, 1), $"{method.Failed}",
    ];
}
