// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using static Wfpatch.Lab.Experiments.Figures;

namespace Wfpatch.Lab.Experiments.Overheads.Views;

/// <summary>The tables of `lab overhead`: what each method costs a server, and how each kind of thread comes to a patch.</summary>
internal static class OverheadTable
{
    private static readonly ImmutableArray<string> MethodColumns =
        ["server", "method", "", "patches", "missed", "threads", "arm, us", "stops", "longest stop, us", "longest held, us", "waited for others, us", "transition, ms"];

    private static readonly ImmutableArray<string> KindColumns =
        ["server", "method", "threads", "", "stands in", "to migrate", "by itself", "after, us", "from outside", "after, us", "together", "born", "exited", "pending"];

    /// <summary>Median, standard deviation, and the largest.</summary>
    internal static IRenderable RenderMethods(ImmutableArray<OverheadReport> reports) =>
        Rows(MethodColumns, reports.SelectMany(report => report.Methods.Select(method => Cells(report, method))));

    internal static IRenderable RenderKinds(ImmutableArray<OverheadReport> reports) =>
        Rows(KindColumns, reports.SelectMany(report => report.Kinds.Select(kind => Cells(report.Server, kind))));

    /// <summary>What the tables are about, and what is not in them.</summary>
    internal static string About(ImmutableArray<OverheadReport> reports) => string.Join('\n', reports.SelectMany(About));

    private static IEnumerable<string> About(OverheadReport report)
    {
        if (report.Conditions is not { } conditions)
        {
            yield return $"{report.Server}: not measured: {report.Why}";
            yield break;
        }
        OverheadOptions options = conditions.Options;
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{report.Server}: {conditions.Title}, {options.Connections} connections, {options.RequestsPerSecond:0} requests a second{(conditions.Long.Length > 0 ? $", and one with {conditions.Long}" : "")}; at most {options.LimitSeconds:0.##} s for each; {conditions.Processors} processors, load average {string.Join(" and ", conditions.Load.Select(load => Number(load)))} before and after; memory: {report.Memory.First} KiB with the first patch ({report.Memory.Told:0.#} told), {report.Memory.Later} more with all later ones; {report.Failed} of {report.Requests:#,##0} requests failed; lab/results/{report.File}");
        foreach (var impossible in report.Impossible)
        {
            yield return $"{report.Server}: not by {impossible.Method}: {impossible.Why}";
        }
        foreach (OverheadResult method in report.Methods.Where(method => !method.Absent.IsEmpty))
        {
            yield return $"{report.Server}: {method.Method}, {method.Verb}: the others waited in vain for {string.Join(", ", method.Absent.Select(absent => $"{absent.Name} ({absent.Times} times)"))}";
        }
    }

    private static ImmutableArray<string> Cells(OverheadReport report, OverheadResult method) =>
    [
        report.Server, method.Method, method.Verb, $"{method.Patches}", $"{method.Missed}", $"{method.Threads}", Three(method.ArmUs), Three(method.Stops), Three(method.LongestStopUs), Three(method.LongestHeldUs),
        Three(method.LongestWaitUs), Three(method.TransitionUs, 1000, 1),
    ];

    private static ImmutableArray<string> Cells(string server, ThreadKind kind) =>
    [
        server, kind.Method, $"{kind.Threads}", kind.Name, string.Join(", ", kind.Calls.Take(2).Select(call => $"{call.Call} {Number(call.Share * 100)} %")), $"{kind.Transitions}",
        .. Cells(kind.ByThemselves), .. Cells(kind.FromOutside), Count(kind.Together), Count(kind.Born), Count(kind.Exited), Count(kind.Pending),
    ];

    private static ImmutableArray<string> Cells(Arrivals arrivals) => arrivals.Times == 0 ? ["", ""] : [$"{arrivals.Times}", Three(arrivals.AtUs)];

    private static string Count(int times) => times == 0 ? "" : $"{times}";

    private static Table Rows(ImmutableArray<string> columns, IEnumerable<ImmutableArray<string>> rows)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns([.. columns]);
        foreach (ImmutableArray<string> row in rows)
        {
            table.AddRow([.. row.Select(cell => new Text(cell))]);
        }
        return table;
    }
}
