// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;
using Wfpatch.Lab.Experiments;
using Wfpatch.Lab.Experiments.Endurances;
using Wfpatch.Lab.Experiments.Fixes;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Experiments.Overheads;
using Wfpatch.Lab.Experiments.Reports;
using Wfpatch.Lab.Experiments.Restarts;

namespace Wfpatch.Lab.Tests.Experiments.Reports;

/// <summary>Results that nobody has measured, with round numbers: a quiet server, and one with everything that can go wrong.</summary>
internal static class MadeUpResults
{
    private const int WindowUs = 1_000_000, StepUs = 10_000;

    internal static ResultSet Set { get; } = new("made-up", [Good, Bad], [Latencies], [Overheads], [Endurance], [Restart], [Fixes], ["overhead-nodejs.jsonl.gz: is not of format 1."]);

    private static KeptServer Good => new(DateTimeOffset.UnixEpoch, "6.1.0", 2, "0.1.0", new("memcached", "memcached 1", [])
    {
        Requests = 1000, Visible = Patch("visible"), Fix = Patch("fix"), Before = "old", During = "new", After = "old", Status = "2 patches", IsClean = true, End = "exit code 0",
        Bug = new("a crash", "connection lost", "signal 11", "too large", "too large", true),
    });

    private static KeptServer Bad => new(DateTimeOffset.UnixEpoch, "6.1.0", 2, "0.1.0", new("apache", "", ["apache2 <2> cannot be had"]));

    private static LatencyRun Latencies => new(
        Conditions(new LatencyOptions(28, 1, 0.5, 0.25, 2, 200, 1), "long gets"), Cycles: 2,
        [
            .. Pair("none", 0, 100, 100), .. Pair("none", 1, 100, 120),
            .. Pair("points", 0, 100, 200, new PatchAttempt("apply", 1_200_000, 1_230_000, true, 3, 40, 2_000, ""), new PatchAttempt("revert", 1_700_000, 1_740_000, true, 3, 60, 3_000, "")),
            .. Pair("points", 1, 100, 200, new PatchAttempt("apply", 1_200_000, 1_230_000, true, 3, 50, 4_000, "") { ShownBefore = 1 }),
            .. Pair("barrier", 0, 100, 50_000, new PatchAttempt("apply", 1_200_000, 1_450_000, false, 3, 250_000, 0, "WF721 not gathered"), new PatchAttempt("apply", 1_700_000, 1_900_000, true, 3, 150_000, 90_000, "")),
        ],
        [new("stop", "a function is shorter than a jump")], FailedElsewhere: 1, LongRequests: 10);

    private static OverheadRun Overheads => new(
        Conditions(new OverheadOptions(2, 1, 2, 200, 1), "long gets"), Cycles: 2, new(40, 4, 1.5), Requests: 500, Failed: 0,
        [
            new(0, "points", "apply", true, "", 2, 20, 2000, 3, 90, 40, 0, 4096, [new(1, "main", "outside", 30, "futex"), new(2, "worker-1", "point", 10, "epoll_wait")], []),
            new(0, "points", "revert", true, "", 2, 10, 1000, 1, 50, 30, 0, 0, [new(1, "main", "outside", 20, "futex"), new(2, "worker-1", "point", 15, "running")], []),
            new(0, "barrier", "apply", false, "WF721 not gathered", 2, 20, 0, 3, 90, 40, 50_000, 0, [], [new(2, "worker-1", "pending", null, "running")]),
        ],
        []);

    private static EnduranceRun Endurance => new(
        Conditions(new EnduranceOptions(500, 8, 800), ""), "", 12_500, false,
        [new(20, 1000, 60, 200, 5000, 30, 15, 4096, 800, 0), new(500, 20_000, 60, 204, 5000, 30, 15, 4096, 16_000, 0)]);

    private static RestartRun Restart => new(Conditions(new RestartOptions(1, 8, 800), ""), 0, [new("patch", 20, 800, 0, 3.5, ""), new("restart", 120, 900, 40, 130, "")]);

    private static FixesRun Fixes => new("memcached", "memcached", "1", DateTimeOffset.UnixEpoch, "6.1.0", 2, "0.1.0",
        [FixResult.Of(new("memcached", "1", "CVE-1.patch", SeriesOutcome.Built) { Functions = 2 }) with { Applied = FixResult.Done, Requests = 400, Failed = 1 }]);

    private static RunConditions<TOptions> Conditions<TOptions>(TOptions options, string longs) =>
        new("memcached", "memcached 1", "visible", longs, "6.1.0", 2, "0.1.0", ".NET 10", true, DateTimeOffset.UnixEpoch, options) { Load = [1.5, 2] };

    private static AppliedPatch Patch(string name) => new(name, 1, 6, 6, 0, 12_500, 4, "done");

    /// <summary>A hundred requests each; the tenth of those with patches takes so long.</summary>
    private static ImmutableArray<LatencyWindow> Pair(string method, int number, int without, int slowest, params ImmutableArray<PatchAttempt> patches)
    {
        ImmutableArray<int> due = [.. Enumerable.Range(0, WindowUs / StepUs).Select(at => at * StepUs)];
        return
        [
            new(method, number, false, 0, WindowUs) { Due = due, Latencies = [.. due.Select(_ => without)] },
            new(method, number, true, WindowUs, 2 * WindowUs) { Due = due, Latencies = [.. due.Select((_, at) => at == 25 ? slowest : without)], Patches = patches },
        ];
    }
}
