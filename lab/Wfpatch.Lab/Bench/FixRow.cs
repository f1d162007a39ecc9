// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Wfpatch.Build;

namespace Wfpatch.Lab.Bench;

/// <summary>One fix as out/builder.json has it.</summary>
internal sealed record FixRow(
    string Package, string Version, string Patch, SeriesOutcome Outcome, bool IsCompiled, bool IsCodeOnly, bool IsBelowLater, int Units, ImmutableArray<string> Programs,
    int Functions, ImmutableArray<string> Variables, ImmutableArray<string> Forgotten, string Shipped, ImmutableArray<FixRow.Why> Refusals)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal sealed record Why(string Code, string Subject, string Sentence);

    internal static FixRow Of(SeriesFix fix) => new(
        fix.Package, fix.Version, fix.Patch, fix.Outcome, fix.IsCompiled, fix.IsCodeOnly, fix.IsBelowLater, fix.Units, fix.Programs,
        fix.Functions, fix.Variables, fix.Forgotten, fix.Shipped, [.. fix.Refusals.Select(r => new Why(r.Code, r.Subject, r.Sentence))]);

    /// <summary>Nothing where the file is not there.</summary>
    internal static ImmutableArray<FixRow> Read(string file) => File.Exists(file) ? JsonSerializer.Deserialize<ImmutableArray<FixRow>>(File.ReadAllBytes(file), Options) : [];

    internal static void Write(string file, IEnumerable<FixRow> rows) => File.WriteAllText(file, JsonSerializer.Serialize(rows, Options) + "\n");
}
