// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Lab.Bench;
using Wfpatch.Lab.Loads;
using Wfpatch.Lab.Servers;

namespace Wfpatch.Lab.Experiments.Endurances;

/// <summary>The way of one server: under load, a patch is applied and taken back as often as is asked for.</summary>
/// <param name="progress">How many cycles are behind us.</param>
internal sealed class EnduranceFlow(ILabProcess server, ServerKit kit, EnduranceOptions options, Action<int> progress)
{
    /// <summary>The first and the last one apart.</summary>
    private const int Samples = 50;

    internal async Task<EnduranceRun> RunAsync(RunConditions<EnduranceOptions> conditions, CancellationToken cancel)
    {
        using ServerLoad load = new(server, options.Connections, options.RequestsPerSecond);
        PatchCycles cycles = new(server.Process.Id, kit.Visible, server.ApplyArguments);
        int settle = Math.Min(EnduranceOptions.CyclesToSettle, options.Cycles), step = Math.Max(1, (options.Cycles - settle) / Samples);
        List<EnduranceSample> samples = [];
        string? failure = null;
        long began = Stopwatch.GetTimestamp();
        while (failure is null && cycles.Count < options.Cycles)
        {
            failure = await cycles.RunAsync(cancel);
            if (cycles.Count >= settle && (cycles.Count - settle) % step == 0)
            {
                progress(cycles.Count);
                samples.Add(Look(cycles, began, load.Take()));
            }
        }
        failure ??= await cycles.AuditAsync(cancel);
        EnduranceSample last = Look(cycles, began, default);
        LoadCounts counts = load.End();
        samples.Add(last with { Requests = counts.Requests, Failed = counts.Errors });
        return new(conditions, failure ?? "", load.WorstUs, kit.MakesCode, [.. samples]);
    }

    private EnduranceSample Look(PatchCycles cycles, long began, LoadCounts counts)
    {
        int id = server.Process.Id;
        double elapsed = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        if (server.Process.HasEnded)
        {
            return new(cycles.Count, elapsed, 0, 0, 0, 0, 0, cycles.BytesAdded, counts.Requests, counts.Errors);
        }
        TargetSize size = TargetSize.Of(id);
        return new(
            cycles.Count, elapsed, size.CodeKiB, size.PageTablesKiB, size.MappedKiB, Directory.GetFileSystemEntries($"/proc/{id}/fd").Length, Directory.GetDirectories($"/proc/{id}/task").Length,
            cycles.BytesAdded, counts.Requests, counts.Errors);
    }
}
