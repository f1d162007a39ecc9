// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Wfpatch.Lab.Experiments.Overheads.Views;
using Wfpatch.Lab.Servers;
using Wfpatch.Testing;

namespace Wfpatch.Lab.Experiments.Overheads;

/// <summary>`lab overhead`: what a patch costs a server under load, and how each kind of thread comes to it; beside it the barrier.</summary>
/// <param name="Json">One JSON document on standard output instead of the tables.</param>
internal sealed record OverheadCommand(ServerSelection Selection, OverheadOptions Options, bool Json)
{
    private const int CyclesBetweenNews = 10;

    /// <returns>0 when every server that was asked for was measured, and no request failed.</returns>
    internal async Task<int> RunAsync(CancellationToken cancel)
    {
        if ((Selection.WhyNot() ?? (Options.Patches <= 0 ? "--patches must be more than none." : null)) is { } why)
        {
            await Console.Error.WriteLineAsync($"lab: {why}");
            return 2;
        }
        ImmutableArray<OverheadReport> reports = await Selection.MeasureAsync(ReportAsync, OverheadReport.NotMeasured);
        Print(reports);
        return reports.All(report => report.IsGood) ? 0 : 1;

        async Task<OverheadReport> ReportAsync(ILabServer server, Action<string> say)
        {
            string file = Path.Combine(Selection.Name, $"overhead-{server.Name}.jsonl.gz");
            return OverheadReport.Of(await MeasureAsync(server, Options, RepositoryRoot.Combine("lab", "results", file), say, cancel), file);
        }
    }

    /// <param name="file">Where each sample is kept. One that a run under the same conditions left there before its end goes on.</param>
    /// <param name="say">Told what is done now.</param>
    /// <exception cref="InvalidOperationException">Something cannot be had, or the patch cannot be taken back.</exception>
    internal static async Task<OverheadRun> MeasureAsync(ILabServer server, OverheadOptions options, string file, Action<string> say, CancellationToken cancel)
    {
        await using PreparedServer<OverheadOptions> prepared = await PreparedServer<OverheadOptions>.StartAsync(server, options, say, cancel);
        OverheadRun run = OverheadRun.TryRead(file) is { } begun && begun.CanGoOn(prepared.Conditions) ? begun : OverheadRun.Begin(prepared.Conditions);
        run = await new OverheadFlow(prepared.Process, prepared.Kit.Visible, options, Progress(run.Cycles, options, say)).RunAsync(run, so => so.Write(file), cancel);
        run = run with { Conditions = await run.Conditions.AddLoadAsync(cancel) };
        run.Write(file);
        return run;
    }

    /// <summary>News of each tenth cycle, with the time that is left.</summary>
    private static Action<string, int> Progress(int before, OverheadOptions options, Action<string> say)
    {
        long began = Stopwatch.GetTimestamp();
        return (what, cycles) =>
        {
            if (cycles == before)
            {
                say(what);
                return;
            }
            if (cycles % CyclesBetweenNews != 0)
            {
                return;
            }
            TimeSpan left = Stopwatch.GetElapsedTime(began) / (cycles - before) * (options.Patches - cycles);
            say(string.Create(CultureInfo.InvariantCulture, $"{what}; about {left:mm\\:ss} left"));
        };
    }

    private void Print(ImmutableArray<OverheadReport> reports)
    {
        if (Json)
        {
            Console.WriteLine(OverheadReport.ToJson(reports));
            return;
        }
        ReportOutput.Write(OverheadTable.RenderMethods(reports), OverheadTable.About(reports));
        ReportOutput.Write(OverheadTable.RenderKinds(reports), "");
    }
}
