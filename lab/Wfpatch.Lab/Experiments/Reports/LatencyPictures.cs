// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Bench;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Pictures;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>The pictures of a server's latency: its tail, a stretch of time, and how long until the last thread had migrated; all methods in each.</summary>
internal static class LatencyPictures
{
    private const double FieldHeight = 250, RowHeight = 52;

    /// <summary>Points of a curve for each power of ten.</summary>
    private const int PointsInTen = 20;

    /// <summary>Microseconds that become one point of a line over time.</summary>
    private const int BinUs = 20_000;

    private static readonly ImmutableArray<(double Value, string Name)> Shares =
        [(2, "50"), (10, "90"), (100, "99"), (1e3, "99.9"), (1e4, "99.99"), (1e5, "99.999"), (1e6, "99.9999")];

    internal static ImmutableArray<Picture> Of(LatencyRun run)
    {
        ImmutableArray<string> methods = [.. PatchMethods.Names.Where(name => run.Windows.Any(window => window.Method == name))];
        return run.Windows.All(window => window.Latencies.IsEmpty) ? [] : [Tail(run, methods), OverTime(run, methods), LastThread(run, methods)];
    }

    /// <summary>How long requests took that were slower than a share of all.</summary>
    private static Picture Tail(LatencyRun run, ImmutableArray<string> methods)
    {
        ImmutableArray<Series> curves = [.. methods.Select(method => new Series(method, MethodColours.Of(method), TailOf(run.Windows.Where(window => window.Method == method && (window.IsPatched || method == NoMethod.Of))), method == NoMethod.Of))];
        double most = curves.SelectMany(curve => curve.Points).Max(point => point.X);
        Axis shares = new("requests that were faster, %", 1, most, IsLog: true, [.. Shares.Where(share => share.Value <= most)]);
        Axis times = Axis.LogTime("latency", curves.SelectMany(curve => curve.Points).Min(point => point.Y), curves.SelectMany(curve => curve.Points).Max(point => point.Y));
        return new($"{run.Conditions.Server}-tail", Layout.Draw($"{run.Conditions.Server}: latency of requests while patching", [new("", shares, times, FieldHeight, curves)]),
            "Windows with patches of each method, and all windows of none. Further down is better; both axes are logarithmic.");
    }

    /// <summary>From the fastest request to the slowest: one over the share that is slower, and the latency.</summary>
    private static ImmutableArray<(double X, double Y)> TailOf(IEnumerable<LatencyWindow> windows)
    {
        int[] sorted = [.. windows.SelectMany(window => window.Latencies).Order()];
        return sorted.Length == 0 ? [] :
        [
            .. Enumerable.Range(0, int.MaxValue).Select(point => Math.Pow(10, point / (double)PointsInTen)).TakeWhile(slower => slower < sorted.Length)
                .Select(slower => (slower, (double)sorted[Math.Clamp((int)Math.Ceiling((1 - (1 / slower)) * sorted.Length) - 1, 0, sorted.Length - 1)])),
            (sorted.Length, sorted[^1]),
        ];
    }

    /// <summary>For each method the pair whose slowest request is in the middle of all pairs.</summary>
    private static Picture OverTime(LatencyRun run, ImmutableArray<string> methods)
    {
        ImmutableArray<(string Method, LatencyWindow Without, LatencyWindow With)> pairs =
        [
            .. from method in methods
               let all = MethodResult.PairsOf(run.Windows, method).Where(pair => !pair.With.Latencies.IsEmpty && !pair.Without.Latencies.IsEmpty).OrderBy(pair => pair.With.Latencies.Max()).ToImmutableArray()
               where !all.IsEmpty
               select (method, all[(all.Length - 1) / 2].Without, all[(all.Length - 1) / 2].With),
        ];
        ImmutableArray<int> latencies = [.. pairs.SelectMany(pair => (int[])[.. pair.Without.Latencies, .. pair.With.Latencies])];
        Axis times = Axis.LogTime("", latencies.IsEmpty ? 1 : latencies.Min(), latencies.IsEmpty ? 10 : latencies.Max());
        Axis seconds = Axis.Linear("seconds", 0, 2 * run.Conditions.Options.WindowSeconds);
        return new($"{run.Conditions.Server}-time", Layout.Draw($"{run.Conditions.Server}: latency over time", [.. pairs.Select((pair, at) => Row(pair.Method, pair.Without, pair.With, seconds, times, at == pairs.Length - 1))]),
            $"One pair of windows of each method: first without patches, then, behind the grey line, with. Coloured lines: the slowest request that was due within {BinUs / 1000} ms; grey lines: the median. Stripes: from asking for a patch, or for taking it back, until it was done or given up. Of all pairs, each is the one whose slowest request is in the middle.");
    }

    private static Panel Row(string method, LatencyWindow without, LatencyWindow with, Axis seconds, Axis times, bool isLast)
    {
        ImmutableArray<(double At, int Us)> all = [.. Of(without), .. Of(with)];
        ImmutableArray<IGrouping<int, int>> bins = [.. all.GroupBy(request => (int)(request.At * 1e6 / BinUs), request => request.Us).OrderBy(bin => bin.Key)];
        return new(method, seconds, times with { Ticks = [.. times.Ticks.Where((_, at) => at % 2 == 0)] }, RowHeight,
        [
            new("", MethodColours.Median, [.. bins.Select(bin => (At(bin), Statistics.Median(bin.Select(us => (double)us))))]),
            new("", MethodColours.Of(method), [.. bins.Select(bin => (At(bin), (double)bin.Max()))]),
        ])
        {
            Bands = [.. with.Patches.Select(patch => new Band(Since(patch.Begin), Since(patch.End), MethodColours.Patch)), new(Since(with.Begin), Since(with.Begin), MethodColours.Median)],
            NamesX = isLast,
        };

        IEnumerable<(double At, int Us)> Of(LatencyWindow window) => window.Due.Zip(window.Latencies, (due, us) => (Since(window.Begin + due), us));

        double Since(long us) => (us - without.Begin) / 1e6;

        static double At(IGrouping<int, int> bin) => (bin.Key + 0.5) * BinUs / 1e6;
    }

    /// <summary>How many of all patches had their last thread within a time. What was missed never has.</summary>
    private static Picture LastThread(LatencyRun run, ImmutableArray<string> methods)
    {
        ImmutableArray<Series> curves =
        [
            .. from method in methods
               let patches = run.Windows.Where(window => window.Method == method).SelectMany(window => window.Patches).ToImmutableArray()
               where patches.Any(IsThere)
               select new Series(method, MethodColours.Of(method), Steps.Of([.. patches.Where(IsThere).Select(patch => patch.Transition).Order()], patches.Length)),
        ];
        ImmutableArray<double> all = [.. curves.SelectMany(curve => curve.Points).Select(point => point.X)];
        Axis times = Axis.LogTime("from arming until the last thread is there", all.IsEmpty ? 1 : all.Min(), all.IsEmpty ? 10 : all.Max());
        return new($"{run.Conditions.Server}-last", Layout.Draw($"{run.Conditions.Server}: time until the last thread is there", [new("", times, Axis.Linear("% of all patches", 0, 100), FieldHeight, curves)]),
            $"Applies and reverts together. A curve that ends below 100 %: the rest was not there within {run.Conditions.Options.LimitSeconds:0.##} s.");

        static bool IsThere(PatchAttempt patch) => patch.Done && patch.Transition > 0;
    }
}
