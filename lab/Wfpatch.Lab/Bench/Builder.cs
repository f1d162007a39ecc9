// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Wfpatch.Build;
using Wfpatch.Testing;

namespace Wfpatch.Lab.Bench;

/// <summary>Real fixes: how many patches of packages' debian/patches become patch files. Every one is listed in out/builder.json.</summary>
internal sealed class Builder(BenchLimits limits) : IMeasurement
{
    public string Name => "builder";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        List<Figure> figures = [];
        List<SeriesFix> all = [];
        foreach (string package in limits.Packages)
        {
            try
            {
                IAsyncEnumerable<SeriesFix> fixes = UnitRecipes.Find(package) is { } recipe
                    ? UnitSeriesBuild.RunAsync(recipe, null, new Telling(), cancel)
                    : DebianSeriesBuild.RunAsync(package, null, new Telling(), cancel);
                await foreach (SeriesFix fix in fixes)
                {
                    all.Add(fix);
                    await Console.Error.WriteLineAsync($"bench: builder: {package}: {fix.Patch}: {Say(fix)}");
                    Write(all);
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

    // Packages of earlier runs stay.
    private static void Write(List<SeriesFix> fixes)
    {
        string file = RepositoryRoot.Combine("out", "builder.json");
        ImmutableArray<FixRow> rows = [.. FixRow.Read(file).Where(r => !fixes.Exists(f => f.Package == r.Package)), .. fixes.Select(FixRow.Of)];
        FixRow.Write(file, rows);
        File.WriteAllText(RepositoryRoot.Combine("out", "real-fixes.md"), RealFixesTable.Render(rows));
    }

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
