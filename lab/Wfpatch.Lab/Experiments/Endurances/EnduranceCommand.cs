// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Wfpatch.Lab.Experiments.Endurances.Views;
using Wfpatch.Lab.Servers;
using Wfpatch.Testing;

namespace Wfpatch.Lab.Experiments.Endurances;

/// <summary>`lab endurance`: each server patched and taken back under load, many times; nothing fails, nothing grows.</summary>
/// <param name="Cycles">Null: as many as each server has where nothing is said.</param>
/// <param name="Json">One JSON document on standard output instead of the table.</param>
internal sealed record EnduranceCommand(ServerSelection Selection, int? Cycles, bool Json)
{
    private const long NsBetweenNews = 10_000_000_000;

    /// <returns>0 when every server that was asked for made all of its cycles, no request failed, and nothing grew.</returns>
    internal async Task<int> RunAsync(CancellationToken cancel)
    {
        if ((Selection.WhyNot() ?? (Cycles <= 0 ? "--count must be more than none." : null)) is { } why)
        {
            await Console.Error.WriteLineAsync($"lab: {why}");
            return 2;
        }
        ImmutableArray<EnduranceReport> reports = await Selection.MeasureAsync(ReportAsync, EnduranceReport.NotMeasured);
        if (Json)
        {
            Console.WriteLine(EnduranceReport.ToJson(reports));
        }
        else
        {
            ReportOutput.Write(EnduranceTable.Render(reports), EnduranceTable.About(reports));
        }
        return reports.All(report => report.IsGood) ? 0 : 1;

        async Task<EnduranceReport> ReportAsync(ILabServer server, Action<string> say)
        {
            string file = Path.Combine(Selection.Name, $"endurance-{server.Name}.jsonl.gz");
            EnduranceRun run = await MeasureAsync(server, EnduranceOptions.Of(server.Name, Cycles), say, cancel);
            run.Write(RepositoryRoot.Combine("lab", "results", file));
            return EnduranceReport.Of(run, file);
        }
    }

    /// <param name="say">Told what is done now.</param>
    /// <exception cref="InvalidOperationException">Something cannot be had.</exception>
    internal static async Task<EnduranceRun> MeasureAsync(ILabServer server, EnduranceOptions options, Action<string> say, CancellationToken cancel)
    {
        await using PreparedServer<EnduranceOptions> prepared = await PreparedServer<EnduranceOptions>.StartAsync(server, options, say, cancel);
        EnduranceRun run = await new EnduranceFlow(prepared.Process, prepared.Kit, options, Progress(options, say)).RunAsync(prepared.Conditions, cancel);
        return run with { Conditions = await run.Conditions.AddLoadAsync(cancel) };
    }

    private static Action<int> Progress(EnduranceOptions options, Action<string> say)
    {
        long began = Stopwatch.GetTimestamp(), last = began;
        return cycles =>
        {
            if (Stopwatch.GetElapsedTime(last).TotalNanoseconds < NsBetweenNews)
            {
                return;
            }
            last = Stopwatch.GetTimestamp();
            TimeSpan left = Stopwatch.GetElapsedTime(began) / cycles * (options.Cycles - cycles);
            say(string.Create(CultureInfo.InvariantCulture, $"{cycles} of {options.Cycles} cycles; about {left:hh\\:mm\\:ss} left"));
        };
    }
}
