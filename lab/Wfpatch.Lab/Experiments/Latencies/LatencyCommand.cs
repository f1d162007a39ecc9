// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Lab.Experiments.Latencies.Views;
using Wfpatch.Lab.Servers;
using Wfpatch.Testing;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>`lab latency`: what requests notice of patches, by each method, beside windows without any.</summary>
/// <param name="Json">One JSON document on standard output instead of the table.</param>
internal sealed record LatencyCommand(ServerSelection Selection, LatencyOptions Options, bool Json)
{
    /// <returns>0 when every server that was asked for was measured, and no request failed.</returns>
    internal async Task<int> RunAsync(CancellationToken cancel)
    {
        if ((Selection.WhyNot() ?? (Options.Seconds <= 0 ? "--seconds must be more than nothing." : null)) is { } why)
        {
            await Console.Error.WriteLineAsync($"lab: {why}");
            return 2;
        }
        ImmutableArray<LatencyReport> reports = await Selection.MeasureAsync(ReportAsync, LatencyReport.NotMeasured);
        Print(reports);
        return reports.All(report => report.IsGood) ? 0 : 1;

        async Task<LatencyReport> ReportAsync(ILabServer server, Action<string> say)
        {
            string file = Path.Combine(Selection.Name, $"latency-{server.Name}.json.gz");
            return LatencyReport.Of(await MeasureAsync(server, Options, RepositoryRoot.Combine("lab", "results", file), say, cancel), file);
        }
    }

    /// <param name="file">Where each request is kept. One that a run under the same conditions left there before its end goes on.</param>
    /// <param name="say">Told what is done now.</param>
    /// <exception cref="InvalidOperationException">Something cannot be had, or the patch cannot be taken back.</exception>
    internal static async Task<LatencyRun> MeasureAsync(ILabServer server, LatencyOptions options, string file, Action<string> say, CancellationToken cancel)
    {
        await using PreparedServer<LatencyOptions> prepared = await PreparedServer<LatencyOptions>.StartAsync(server, options, say, cancel);
        LatencyRun run = LatencyFile.TryRead(file) is { } begun && begun.CanGoOn(prepared.Conditions) ? begun : LatencyRun.Begin(prepared.Conditions);
        run = await new LatencyFlow(prepared.Process, prepared.Kit.Visible, options, (what, share) => say($"{what}{Left(options, share)}")).RunAsync(run, so => LatencyFile.Write(file, so), cancel);
        run = run with { Conditions = await run.Conditions.AddLoadAsync(cancel) };
        LatencyFile.Write(file, run);
        return run;
    }

    private static string Left(LatencyOptions options, double share) => share == 0
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"; about {TimeSpan.FromSeconds(options.Seconds * (1 - share)):mm\\:ss} left");

    private void Print(ImmutableArray<LatencyReport> reports)
    {
        if (Json)
        {
            Console.WriteLine(LatencyReport.ToJson(reports));
            return;
        }
        ReportOutput.Write(LatencyTable.Render(reports), LatencyTable.About(reports));
    }
}
