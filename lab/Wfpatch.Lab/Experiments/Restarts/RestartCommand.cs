// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Experiments.Restarts.Views;
using Wfpatch.Lab.Servers;
using Wfpatch.Testing;

namespace Wfpatch.Lab.Experiments.Restarts;

/// <summary>`lab restart`: what requests notice of a restart, which is what there is without a live patch, beside a patch.</summary>
/// <param name="Json">One JSON document on standard output instead of the table.</param>
internal sealed record RestartCommand(ServerSelection Selection, RestartOptions Options, bool Json)
{
    /// <returns>0 when every server that was asked for was patched and restarted, and no request failed but by a restart.</returns>
    internal async Task<int> RunAsync(CancellationToken cancel)
    {
        if ((Selection.WhyNot() ?? (Options.Times <= 0 ? "--count must be more than none." : null)) is { } why)
        {
            await Console.Error.WriteLineAsync($"lab: {why}");
            return 2;
        }
        ImmutableArray<RestartReport> reports = await Selection.MeasureAsync(ReportAsync, RestartReport.NotMeasured);
        if (Json)
        {
            Console.WriteLine(RestartReport.ToJson(reports));
        }
        else
        {
            ReportOutput.Write(RestartTable.Render(reports), RestartTable.About(reports));
        }
        return reports.All(report => report.IsGood) ? 0 : 1;

        async Task<RestartReport> ReportAsync(ILabServer server, Action<string> say)
        {
            string file = Path.Combine(Selection.Name, $"restart-{server.Name}.jsonl.gz");
            RestartRun run = await MeasureAsync(server, Options, say, cancel);
            run.Write(RepositoryRoot.Combine("lab", "results", file));
            return RestartReport.Of(run, file);
        }
    }

    /// <param name="say">Told what is done now.</param>
    /// <exception cref="InvalidOperationException">Something cannot be had, or the server does not start again.</exception>
    internal static async Task<RestartRun> MeasureAsync(ILabServer server, RestartOptions options, Action<string> say, CancellationToken cancel)
    {
        await using PreparedServer<RestartOptions> prepared = await PreparedServer<RestartOptions>.StartAsync(server, options, say, cancel);
        RestartRun run = await new RestartFlow(prepared.Process, prepared.Kit.Visible, options, say).RunAsync(prepared.Conditions, cancel);
        return run with { Conditions = await run.Conditions.AddLoadAsync(cancel) };
    }
}
