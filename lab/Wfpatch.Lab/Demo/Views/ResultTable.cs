// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Wfpatch.Lab.Loads;

namespace Wfpatch.Lab.Demo.Views;

/// <summary>The table at the end: a column for each target.</summary>
internal static class ResultTable
{
    internal static IRenderable Render(ImmutableArray<DemoResult> results)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumn("");
        foreach (DemoResult result in results)
        {
            table.AddColumn(new TableColumn(new Text(result.Name, Palette.Title)) { Alignment = Justify.Right });
        }
        Row(table, results, "threads migrated", result => $"{result.Migrated} of {result.Threads}");
        Row(table, results, "pending", result => Number(result.Pending));
        Row(table, results, "requests", result => Number(result.Requests));
        Row(table, results, "mixed", result => Number(result.Mixed));
        Row(table, results, "errors", result => Number(result.Errors));
        Row(table, results, "armed in", result => Us(result.ArmUs));
        Row(table, results, "stops", result => Number(result.Stops));
        Row(table, results, "longest stop", result => Us(result.LongestStopUs));
        Row(table, results, "latency before", result => Percentiles(result.Before));
        Row(table, results, "latency during", result => Percentiles(result.During));
        Row(table, results, "latency after", result => Percentiles(result.After));
        return new Rows([table, new Text("latency: p50 / p99 / p99.9 in us, from the time a request was due", Palette.Label), .. results.Select(Verdict)]);
    }

    private static Text Verdict(DemoResult result) => result.IsGood
        ? new($"{result.Name}: patched while it ran, {Number(result.Requests)} requests and no error", Palette.New)
        : new($"{result.Name}: NOT as it should be: {result.Migrated} of {result.Threads} threads migrated, {Number(result.Mixed)} mixed, {Number(result.Errors)} errors", Palette.Bad);

    private static void Row(Table table, ImmutableArray<DemoResult> results, string label, Func<DemoResult, string> value) =>
        table.AddRow([new Text(label, Palette.Label), .. results.Select(result => new Text(value(result)))]);

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Us(double value) => value < 10_000
        ? value.ToString("N1", CultureInfo.InvariantCulture) + " us"
        : (value / 1000).ToString("N1", CultureInfo.InvariantCulture) + " ms";

    private static string Percentiles(Latency latency) =>
        string.Create(CultureInfo.InvariantCulture, $"{latency.P50Us:0} / {latency.P99Us:0} / {latency.P999Us:0}");
}
