// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Lab.Experiments.Endurances;
using Wfpatch.Lab.Experiments.Fixes.Views;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Experiments.Overheads;
using Wfpatch.Lab.Experiments.Restarts;
using Wfpatch.Lab.Experiments.Restarts.Views;
using static Wfpatch.Lab.Experiments.Figures;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>The tables of a report; also those of the documents.</summary>
internal static class ReportTables
{
    /// <summary>The tables that documents can have, by their names.</summary>
    internal static readonly ImmutableDictionary<string, Func<ResultSet, Grid>> ByName = new Dictionary<string, Func<ResultSet, Grid>>
    {
        ["servers"] = Servers, ["latency"] = Latency, ["goal"] = Goal, ["ratios"] = Ratios, ["overhead"] = Overhead, ["threads"] = Threads, ["memory"] = Memory, ["endurance"] = Endurance, ["restart"] = Restart, ["patches"] = Patches, ["patch"] = EachPatch, ["conditions"] = Conditions,
    }.ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>What p99.9 may be at most while a patch comes thread by thread, to what it is without.</summary>
    private const double MostRatio = 1.02;

    internal static Grid Servers(ResultSet set) => new(
        ["server", "threads", "visible change", "migrated, ms", "real fix", "migrated, ms", "without the fix", "with it", "requests", "failed", ""],
        [
            .. set.Servers.Select(kept => kept.Result).Select(ImmutableArray<string> (result) => result is { Visible: { } visible, Fix: { } fix, Bug: { } bug }
                ?
                [
                    $"{result.Name}: {result.Title}", Number(visible.Threads), $"{result.Before} / {result.During} / {result.After}", Migrated(visible), bug.Title, Migrated(fix),
                    $"{bug.Unpatched}{(bug.UnpatchedEnd.Length > 0 ? $", dead ({bug.UnpatchedEnd})" : "")}", $"{bug.Patched}{(bug.Survives ? ", serves on" : ", dead")}", Number(result.Requests), Number(result.Failed),
                    result.IsGood ? "good" : "NOT as it should be",
                ]
                : [result.Name, "", "", "", "", "", "", "", "", "", string.Join('\n', result.Why)]),
            .. ServersCommand.Missing.Select(ImmutableArray<string> (server) => [server.Name, "", "", "", "", "", "", "", "", "", server.Why]),
        ]);

    internal static Grid Latency(ResultSet set) => new(
        ["server", "method", "p50 us", "p99 us", "p99.9 us", "max us", "p99 to none (95 %)", "p99.9 to none (95 %)", "max to none (95 %)", "patches", "missed", "a thread stood, us (most)", "transition, ms (most)", "failed"],
        [
            .. from run in set.Latencies
               from method in MethodResult.Of(run)
               let with = method.Latency.With
               select (ImmutableArray<string>)
               [
                   run.Conditions.Server, method.Method, Number(with.P50), Number(with.P99), Number(with.P999), Number(with.Max), Ratio(method, quantiles => quantiles.P99), Ratio(method, quantiles => quantiles.P999),
                   Ratio(method, quantiles => quantiles.Max), Number(method.Patches), Number(method.Missed), Both(method.LongestWait, 1, 0), Both(method.Transition, 1000, 1), Number(method.Failed),
               ],
        ]);

    /// <summary>A row for each server, a column for each method: the p99 of all windows with patches to that of the windows before them.</summary>
    internal static Grid Ratios(ResultSet set) => new(
        ["server", .. PatchMethods.Names],
        [
            .. from run in set.Latencies
               let methods = MethodResult.Of(run)
               select (ImmutableArray<string>)[run.Conditions.Server, .. PatchMethods.Names.Select(name => methods.FirstOrDefault(method => method.Method == name) is { } found ? Ratio(found, quantiles => quantiles.P99) : "")],
        ]);

    /// <summary>Whether the goal is reached, by where whole intervals lie.</summary>
    internal static Grid Goal(ResultSet set) => new(
        ["server", "method", "p99.9 to none (95 %)", "the same of none itself", string.Create(CultureInfo.InvariantCulture, $"at most {MostRatio}?")],
        [
            .. from run in set.Latencies
               let methods = MethodResult.Of(run)
               let none = methods.FirstOrDefault(method => method.Method == NoMethod.Of)
               from method in methods
               where method.Method is "points" or "stack"
               select (ImmutableArray<string>)
               [
                   run.Conditions.Server, method.Method, Ratio(method, quantiles => quantiles.P999), none is null ? "" : Ratio(none, quantiles => quantiles.P999), Verdict(method, none),
               ],
        ]);

    internal static Grid Overhead(ResultSet set) => new(
        ["server", "method", "", "times", "missed", "threads", "arm, us", "stops", "longest stop, us", "longest held, us", "waited for others, us", "transition, ms"],
        [
            .. from run in set.Overheads
               from method in OverheadResult.Of(run.Samples)
               select (ImmutableArray<string>)
               [
                   run.Conditions.Server, method.Method, method.Verb, Number(method.Patches), Number(method.Missed), Number(method.Threads), Three(method.ArmUs), Three(method.Stops), Three(method.LongestStopUs),
                   Three(method.LongestHeldUs), Three(method.LongestWaitUs), Three(method.TransitionUs, 1000, 1),
               ],
        ]);

    internal static Grid Memory(ResultSet set) => new(
        ["server", "first patch, KiB", "of that told, KiB", "all later ones, KiB"],
        [.. set.Overheads.Select(ImmutableArray<string> (run) => [run.Conditions.Server, Number(run.Memory.First), Number(run.Memory.Told, 1), Number(run.Memory.Later)])]);

    internal static Grid Threads(ResultSet set) => new(
        ["server", "method", "threads", "name", "stands in", "to migrate", "by itself", "after, us", "from outside", "after, us", "together", "born", "exited", "pending"],
        [
            .. from run in set.Overheads
               from kind in ThreadKind.Of(run.Samples)
               select (ImmutableArray<string>)
               [
                   run.Conditions.Server, kind.Method, Number(kind.Threads), kind.Name, string.Join(", ", kind.Calls.Take(3).Select(call => $"{call.Call} {Number(call.Share * 100)} %")), Number(kind.Transitions),
                   Count(kind.ByThemselves.Times), Three(kind.ByThemselves.AtUs), Count(kind.FromOutside.Times), Three(kind.FromOutside.AtUs), Count(kind.Together), Count(kind.Born), Count(kind.Exited), Count(kind.Pending),
               ],
        ]);

    internal static Grid Endurance(ResultSet set) => new(
        ["server", "cycles", "ms each", "requests", "failed", "slowest request, ms", "code, KiB", "page tables, KiB", "mapped, KiB", "open files", "threads", "told, bytes", ""],
        [
            .. set.Endurances.Select(ImmutableArray<string> (run) =>
            [
                run.Conditions.Server, $"{Number(run.Cycles)} of {Number(run.Conditions.Options.Cycles)}", Number(run.MillisecondsEach, 1), Number(run.Requests), Number(run.Failed), Number(run.WorstUs / 1000, 1),
                Number(run.Growth.CodeKiB), Number(run.Growth.PageTablesKiB), Number(run.Growth.MappedKiB), Number(run.Growth.Files), Number(run.Growth.Threads), Number(run.Growth.BytesTold),
                run.IsGood ? "good" : "NOT as it should be",
            ]),
        ]);

    internal static Grid Patches(ResultSet set) => new(FixesTable.Columns, [.. set.Fixes.Select(FixesTable.Cells)]);

    internal static Grid EachPatch(ResultSet set) => new(
        ["server", "patch", "", "functions", "why", "shipped", "running server"],
        [
            .. from run in set.Fixes
               from fix in run.Fixes
               select (ImmutableArray<string>)[run.Server, fix.Patch, fix.Outcome + (fix.IsCompiled && !fix.IsCodeOnly ? ", with data" : ""), Number(fix.Functions), string.Join(" ", fix.Codes), fix.Shipped, fix.Applied],
        ]);

    internal static Grid Restart(ResultSet set) => new(
        ["server", "way", "times", "took, ms", "slowest request, ms", "requests", "failed"],
        [.. from run in set.Restarts from way in RestartResult.Of(run) select RestartTable.Cells(run.Conditions.Server, way)]);

    internal static Grid Conditions(ResultSet set) => new(
        ["experiment", "server", "on", "kernel", "processors", "wfpatch", "load average before, after", "beside the load", "options"],
        [
            .. set.Servers.Select(ImmutableArray<string> (kept) => ["servers", kept.Result.Name, Day(kept.Began), kept.Kernel, Number(kept.Processors), kept.Wfpatch, "", "", ""]),
            .. set.Latencies.Select(run => Row("latency", run.Conditions)), .. set.Overheads.Select(run => Row("overhead", run.Conditions)), .. set.Endurances.Select(run => Row("endurance", run.Conditions)),
            .. set.Restarts.Select(run => Row("restart", run.Conditions)),
            .. set.Fixes.Select(ImmutableArray<string> (run) => ["patches", $"{run.Server}: {run.Package} {run.Version}", Day(run.Began), run.Kernel, Number(run.Processors), run.Wfpatch, "", "", ""]),
        ]);

    private static ImmutableArray<string> Row<TOptions>(string experiment, RunConditions<TOptions> conditions) =>
    [
        experiment, $"{conditions.Server}: {conditions.Title}", Day(conditions.Began), conditions.Kernel, Number(conditions.Processors), conditions.Wfpatch,
        string.Join(", ", conditions.Load.Select(load => Number(load, 1))), conditions.Long, OptionsOf(conditions.Options),
    ];

    private static string OptionsOf<TOptions>(TOptions options) => options switch
    {
        LatencyOptions all => string.Create(CultureInfo.InvariantCulture, $"{all.Connections} connections, {all.RequestsPerSecond:0} requests/s, {all.Seconds:0} s in windows of {all.WindowSeconds:0.##} s, a patch every {all.PeriodSeconds:0.##} s with at most {all.LimitSeconds:0.##} s, seed {all.Seed}"),
        OverheadOptions all => string.Create(CultureInfo.InvariantCulture, $"{all.Connections} connections, {all.RequestsPerSecond:0} requests/s, {all.Patches} patches of each method with at most {all.LimitSeconds:0.##} s, seed {all.Seed}"),
        EnduranceOptions all => string.Create(CultureInfo.InvariantCulture, $"{all.Connections} connections, {all.RequestsPerSecond:0} requests/s, {all.Cycles} cycles"),
        RestartOptions all => string.Create(CultureInfo.InvariantCulture, $"{all.Connections} connections, {all.RequestsPerSecond:0} requests/s, {all.Times} patches and restarts"),
        _ => "",
    };

    /// <summary>Missed is what is beyond the goal, and beyond what the machine does by itself.</summary>
    private static string Verdict(MethodResult method, MethodResult? none) => method switch
    {
        { Windows: < 2 } => "one pair tells nothing",
        { Latency.High.P999: <= MostRatio } => "yes",
        { Latency.Low.P999: > MostRatio } when method.Latency.Low.P999 > (none?.Latency.High.P999 ?? MostRatio) => "no",
        _ => "cannot be told",
    };

    private static string Migrated(AppliedPatch patch) => $"{patch.Migrated} of {patch.Threads} in {Number(patch.TransitionUs / 1000, 1)}";

    private static string Count(int times) => times == 0 ? "" : Number(times);

    private static string Day(DateTimeOffset when) => when.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
