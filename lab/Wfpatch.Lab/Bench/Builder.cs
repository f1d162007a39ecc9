// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Wfpatch.Build;
using Wfpatch.Testing;

namespace Wfpatch.Lab.Bench;

/// <summary>Real fixes: how many patches of packages' debian/patches become patch files. Every one is listed in out/builder.json.</summary>
internal sealed class Builder(BenchLimits limits) : IMeasurement
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public string Name => "builder";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        List<Figure> figures = [];
        List<SeriesFix> all = [];
        foreach (string package in limits.Packages)
        {
            try
            {
                await foreach (SeriesFix fix in DebianSeriesBuild.RunAsync(package, null, new Telling(), cancel))
                {
                    all.Add(fix);
                    await Console.Error.WriteLineAsync($"bench: builder: {package}: {fix.Patch}: {Say(fix)}");
                    await WriteAsync(all, cancel);
                }
            }
            catch (InvalidOperationException problem)
            {
                figures.Add(Figure.NotMeasured($"fixes of {package}", problem.Message));
                continue;
            }
            figures.AddRange(Summarize(package, [.. all.Where(f => f.Package == package)]));
        }
        return [.. figures];
    }

    internal static ImmutableArray<Figure> Summarize(string package, ImmutableArray<SeriesFix> fixes)
    {
        int Count(SeriesOutcome outcome) => fixes.Count(f => f.Outcome == outcome);
        int code = fixes.Count(f => f.IsCodeOnly);
        int compiled = fixes.Count(f => f.Outcome is SeriesOutcome.Built or SeriesOutcome.Refused or SeriesOutcome.Wrong);
        string refused = string.Join("; ", fixes.Where(f => f.Outcome == SeriesOutcome.Refused).Select(f => $"{f.Patch}: {Codes(f)}"));
        string note = string.Create(CultureInfo.InvariantCulture,
            $"{Count(SeriesOutcome.Built)} of {code} that change code alone, of {compiled} that are compiled; {Count(SeriesOutcome.NotCompiled)} not compiled, {Count(SeriesOutcome.NotBuilt)} do not build{(refused.Length > 0 ? "; refused " + refused : "")}");
        return
        [
            new($"fixes of {package} not built", "", code - Count(SeriesOutcome.Built), code, "that change code alone", 0, note, []),
            Figure.MustBeZero($"fixes of {package} built wrong", Count(SeriesOutcome.Wrong), "functions that differ and that the patch file lacks"),
        ];
    }

    private static string Say(SeriesFix fix) => fix.Outcome switch
    {
        SeriesOutcome.Built => $"built, {fix.Functions} function(s) of {string.Join(", ", fix.Programs)}",
        SeriesOutcome.Wrong => $"wrong: without {string.Join(", ", fix.Forgotten)}",
        var outcome => $"{JsonNamingPolicy.KebabCaseLower.ConvertName(outcome.ToString())} {Codes(fix)}".TrimEnd(),
    };

    private static string Codes(SeriesFix fix) => string.Join(" ", fix.Refusals.Select(r => r.Code).Distinct());

    private static Task WriteAsync(IEnumerable<SeriesFix> fixes, CancellationToken cancel) => File.WriteAllTextAsync(
        RepositoryRoot.Combine("out", "builder.json"),
        JsonSerializer.Serialize(fixes.Select(f => new { f.Package, f.Version, f.Patch, f.Outcome, f.IsCodeOnly, f.Programs, f.Functions, f.Variables, f.Forgotten, f.IsBelowLater, f.Units, f.Shipped, Refusals = f.Refusals.Select(r => new { r.Code, r.Subject, r.Sentence }) }), Options) + "\n",
        cancel);

    private sealed class Telling : IProgress<BuildEvent>
    {
        public void Report(BuildEvent value)
        {
            if (value.Unit is null)
            {
                Console.Error.WriteLine($"bench: builder: {value.Text}");
            }
        }
    }
}
