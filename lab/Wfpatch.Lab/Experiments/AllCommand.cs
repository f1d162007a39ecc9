// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Experiments.Endurances;
using Wfpatch.Lab.Experiments.Fixes;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Experiments.Overheads;
using Wfpatch.Lab.Experiments.Reports;
using Wfpatch.Lab.Experiments.Restarts;

namespace Wfpatch.Lab.Experiments;

/// <summary>`lab all`: each experiment on each server, and the report.</summary>
/// <param name="Quick">Minutes instead of hours: whether all works, and not what it costs.</param>
internal sealed record AllCommand(ServerSelection Selection, bool Quick)
{
    private const int QuickPatches = 3, QuickCycles = 25;

    /// <summary>Each method has its turn once.</summary>
    private static readonly LatencyOptions QuickLatency = LatencyOptions.Default with { Seconds = 1 };

    /// <returns>0 when all of them were as they should be; else the largest of their exit codes.</returns>
    internal async Task<int> RunAsync(CancellationToken cancel)
    {
        if (Selection.WhyNot() is { } why)
        {
            await Console.Error.WriteLineAsync($"lab: {why}");
            return 2;
        }
        int servers = await new ServersCommand(Selection, Json: false).RunAsync(cancel);
        int fixes = Quick ? 0 : await new FixesCommand(Selection, Json: false).RunAsync(cancel);
        int latency = await new LatencyCommand(Selection, Quick ? QuickLatency : LatencyOptions.Default, Json: false).RunAsync(cancel);
        int overhead = await new OverheadCommand(Selection, Quick ? OverheadOptions.Default with { Patches = QuickPatches } : OverheadOptions.Default, Json: false).RunAsync(cancel);
        int endurance = await new EnduranceCommand(Selection, Quick ? QuickCycles : null, Json: false).RunAsync(cancel);
        int restart = await new RestartCommand(Selection, Quick ? RestartOptions.Default with { Times = 1 } : RestartOptions.Default, Json: false).RunAsync(cancel);
        int report = new ReportCommand(Selection.Name, Docs: false).Run();
        return new[] { servers, fixes, latency, overhead, endurance, restart, report }.Max();
    }
}
