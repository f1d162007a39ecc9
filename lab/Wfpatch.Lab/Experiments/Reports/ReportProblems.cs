// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Lab.Experiments.Fixes;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Experiments.Overheads;
using static Wfpatch.Lab.Experiments.Figures;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>What went wrong, what was not measured, and what makes figures doubtful; one sentence each.</summary>
internal static class ReportProblems
{
    /// <summary>A load average before a run above which the machine was not idle. What the lab itself did a moment ago counts, too.</summary>
    private const double Quiet = 0.5;

    internal static ImmutableArray<string> Of(ResultSet set) =>
    [
        .. set.Unreadable.Select(file => $"cannot be read: {file}"),
        .. NotMeasured("servers", set.Servers.Select(kept => kept.Result.Name)), .. NotMeasured("latency", set.Latencies.Select(run => run.Conditions.Server)),
        .. NotMeasured("overhead", set.Overheads.Select(run => run.Conditions.Server)), .. NotMeasured("endurance", set.Endurances.Select(run => run.Conditions.Server)),
        .. NotMeasured("restart", set.Restarts.Select(run => run.Conditions.Server)),
        .. NotMeasured("patches", [.. set.Fixes.Select(run => run.Server), .. FixSource.Missing.Select(server => server.Name)]),
        .. set.Servers.Where(kept => !kept.Result.IsGood).Select(kept => $"servers, {kept.Result.Name}: not as it should be{(kept.Result.Why.IsEmpty ? "" : $": {string.Join("; ", kept.Result.Why)}")}"),
        .. set.Latencies.SelectMany(Of), .. set.Overheads.SelectMany(Of),
        .. set.Endurances.Where(run => !run.IsGood).Select(run => $"endurance, {run.Conditions.Server}: not as it should be{(run.Failure.Length > 0 ? $": {run.Failure}" : "")}"),
        .. Noise("latency", set.Latencies.Select(run => run.Conditions)), .. Noise("overhead", set.Overheads.Select(run => run.Conditions)), .. Noise("endurance", set.Endurances.Select(run => run.Conditions)),
        .. set.Restarts.Where(run => !run.IsGood).Select(run => $"restart, {run.Conditions.Server}: not as it should be: {string.Join("; ", run.Samples.Where(sample => sample.Why.Length > 0).Select(sample => $"{sample.Way}: {sample.Why}"))}"),
        .. set.Fixes.SelectMany(run => run.Fixes.Where(fix => fix.Outcome == "wrong" || fix.Failed > 0).Select(fix => $"patches, {run.Server}, {fix.Patch}: {fix.Outcome}, {fix.Failed} of {fix.Requests} requests failed")),
        .. FixSource.Missing.Select(server => $"patches, {server.Name}: {server.Why}"),
        .. Noise("restart", set.Restarts.Select(run => run.Conditions)),
    ];

    private static IEnumerable<string> NotMeasured(string experiment, IEnumerable<string> measured)
    {
        ImmutableArray<string> missing = [.. ServersCommand.All.Select(server => server.Name).Except(measured)];
        return missing.IsEmpty ? [] : [$"{experiment}: not measured of {string.Join(", ", missing)}"];
    }

    private static IEnumerable<string> Of(LatencyRun run)
    {
        string about = $"latency, {run.Conditions.Server}";
        if (run.Failed > 0)
        {
            yield return $"{about}: {Number(run.Failed)} of {Number(run.Requests)} requests failed";
        }
        int cycles = run.Conditions.Options.Cycles(PatchMethods.Names.Length);
        if (run.Cycles < cycles)
        {
            yield return $"{about}: interrupted: each method had {run.Cycles} of {cycles} turns";
        }
        foreach (ImpossibleMethod method in run.Impossible)
        {
            yield return $"{about}: not by {method.Method}: {method.Why}";
        }
        foreach (MethodResult method in MethodResult.Of(run))
        {
            if (method.Missed > 0)
            {
                yield return $"{about}: {method.Method} was not there in time {method.Missed} of {method.Patches} times";
            }
            if (method.OtherVersion > 0)
            {
                yield return $"{about}: {method.OtherVersion} replies of the other version came when {method.Method} had said that all was done";
            }
            if (method.Method == NoMethod.Of && method.Windows > 1)
            {
                yield return $"{about}: without any patches the second of two windows has a p99.9 of {Ratio(method, quantiles => quantiles.P999)} to the first: a method whose interval lies in this one cannot be told from none";
            }
        }
    }

    private static IEnumerable<string> Of(OverheadRun run)
    {
        string about = $"overhead, {run.Conditions.Server}";
        if (run.Failed > 0)
        {
            yield return $"{about}: {Number(run.Failed)} of {Number(run.Requests)} requests failed";
        }
        if (run.Cycles < run.Conditions.Options.Patches)
        {
            yield return $"{about}: interrupted: each method had {run.Cycles} of {run.Conditions.Options.Patches} turns";
        }
        foreach (ImpossibleMethod method in run.Impossible)
        {
            yield return $"{about}: not by {method.Method}: {method.Why}";
        }
        foreach (OverheadResult method in OverheadResult.Of(run.Samples).Where(method => method.Missed > 0))
        {
            yield return $"{about}: {method.Method}, {method.Verb}: not there in time {method.Missed} of {method.Patches} times{(method.Absent.IsEmpty ? "" : $"; missing were {string.Join(", ", method.Absent.Select(absent => $"{absent.Name} ({absent.Times} times)"))}")}";
        }
    }

    private static IEnumerable<string> Noise<TOptions>(string experiment, IEnumerable<RunConditions<TOptions>> runs) =>
        from run in runs
        where run.Load is [> Quiet, ..]
        select string.Create(CultureInfo.InvariantCulture, $"{experiment}, {run.Server}: the machine was not idle before it began: load average {run.Load[0]:0.#}, on {run.Processors} processors, of others or of the run before");
}
