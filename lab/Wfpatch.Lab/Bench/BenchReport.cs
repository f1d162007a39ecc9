// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Wfpatch.Lab.Bench;

/// <summary>All figures of one run, as a document and as a table.</summary>
/// <param name="Kernel">The running kernel's release.</param>
/// <param name="Load">The machine's load average before and after (of one minute): what else ran beside the measurements.</param>
internal sealed record BenchReport(DateTimeOffset Taken, int Processors, string Kernel, ImmutableArray<double> Load, ImmutableArray<Figure> Figures)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal string ToJson() => JsonSerializer.Serialize(this, Options);

    internal IRenderable ToTable()
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns("figure", "value", "baseline", "goal", "");
        foreach (Figure figure in Figures)
        {
            table.AddRow(
                new Text(figure.Name),
                new Text(figure.Value is null ? "not measured" : Number(figure.Value, figure.Unit)),
                new Text(figure.Baseline is null ? "" : $"{Number(figure.Baseline, figure.Unit)} ({figure.BaselineIs})"),
                new Text(figure.Goal is null ? "" : $"<= {Number(figure.Goal, figure.Unit)}{(figure.GoalReached == false ? ", missed" : "")}"),
                new Text(figure.Note));
        }
        return table;
    }

    private static string Number(double? value, string unit) =>
        $"{value?.ToString(Math.Abs(value.Value) < 10 ? "0.###" : "#,##0.#", CultureInfo.InvariantCulture)} {unit}".Trim();
}
