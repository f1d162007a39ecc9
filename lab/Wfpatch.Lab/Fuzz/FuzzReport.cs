// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Wfpatch.Lab.Fuzz;

/// <summary>What became of all seeds of a run.</summary>
internal sealed record FuzzReport(ImmutableArray<FuzzVerdict> Verdicts, TimeSpan Elapsed)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal int Count(FuzzOutcome outcome) => Verdicts.Count(v => v.Outcome == outcome);

    internal string ToJson() => JsonSerializer.Serialize(
        new
        {
            Seconds = Math.Round(Elapsed.TotalSeconds, 1),
            Outcomes = Enum.GetValues<FuzzOutcome>().ToDictionary(o => JsonNamingPolicy.SnakeCaseLower.ConvertName(o.ToString()), Count),
            PatchedVisibly = Verdicts.Count(v => v is { Outcome: FuzzOutcome.Patched, IsVisible: true }),
            Verdicts = Verdicts.Select(v => new { Seed = v.Seed.Value, v.Outcome, v.IsVisible, v.Edit, v.Program, v.Detail, Codes = Codes(v) }),
        },
        Options);

    /// <summary>A line for each outcome, each code and each reason to discard a seed, with the edits that met it most.</summary>
    internal IRenderable ToTable()
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns("outcome", "seeds", "share", "edits");
        foreach (var group in Verdicts.SelectMany(Kinds).GroupBy(k => k.Kind).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            string edits = string.Join(", ", group.GroupBy(k => k.Verdict.Edit).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Take(4).Select(g => $"{g.Key} {g.Count()}"));
            table.AddRow(new Text(group.Key), new Text($"{group.Count()}"), new Text($"{100.0 * group.Count() / Verdicts.Length:f1} %"), new Text(edits));
        }
        return table;
    }

    private static IEnumerable<(string Kind, FuzzVerdict Verdict)> Kinds(FuzzVerdict verdict) => verdict.Outcome switch
    {
        FuzzOutcome.Patched => [(verdict.IsVisible ? "patched, and it shows" : "patched, and the answers are the same", verdict)],
        FuzzOutcome.Same => [("no difference", verdict)],
        FuzzOutcome.Discarded => [($"discarded: {verdict.Detail}", verdict)],
        var outcome when !verdict.Refusals.IsEmpty => Codes(verdict).Select(c => ($"{(outcome == FuzzOutcome.Failed ? "FAILED: " : "")}refused: {c}", verdict)),
        _ => [("FAILED", verdict)],
    };

    private static string[] Codes(FuzzVerdict verdict) => [.. verdict.Refusals.Select(r => r.Code).Distinct().Order(StringComparer.Ordinal)];
}
