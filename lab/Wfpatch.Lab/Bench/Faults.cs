// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Lab.Demo;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>
/// kill -9 of the command line at random instants, in whatever it does: a first patch, a second one on top of it, canaries, the rest that
/// follows them, a revert (of canaries, too), or going on with what the last killed one left. After each kill no thread is stopped and all is as the state in the target
/// says; now and then the next commands must bring it all to its end.
/// </summary>
internal sealed class Faults(BenchLimits limits) : IMeasurement
{
    private const int Connections = 4, MostReverts = 10, KillsBetweenEnds = 5;
    private const double RequestsPerSecond = 500;

    /// <summary>Without points a request may be served by two versions, if no function of the patch is on the stack in between.</summary>
    private static readonly ImmutableArray<string> Points = ["--policy", "points", .. SampleDemo.Arguments];

    private readonly Random _random = new();
    private readonly List<string> _failures = [];
    private readonly SortedDictionary<string, int> _ends = [];

    public string Name => "faults";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        ImmutableArray<string> patches = [await BuildAsync(1, 2, cancel), await BuildAsync(2, 3, cancel)];
        await using TestTarget target = await TestTarget.StartAsync("sample", new() { Arguments = ["--workers", "4", "--busy", "2"] }, cancel);
        int port = int.Parse(target.Greeting.Single(line => line.StartsWith("listening ", StringComparison.Ordinal))["listening ".Length..]);
        using LoadGenerator load = new(_ => new SampleClient(port), Connections, RequestsPerSecond);
        TimeSpan usual = await UsualAsync(target, patches[0], cancel);
        int kills = 0;
        for (; kills < limits.Count && _failures.Count == 0; kills++)
        {
            await KillAsync(target, Next(target, patches), usual, cancel);
            await CheckAsync(target, cancel);
            if (kills % KillsBetweenEnds == 0)
            {
                await EndAsync(target, cancel);
                await Console.Error.WriteAsync($"\rbench: faults: {kills + 1} of {limits.Count}");
            }
        }
        await EndAsync(target, cancel);
        await Console.Error.WriteLineAsync();
        LoadWindow window = new("faults");
        load.TakeSlot(window);
        SampleReport report = SampleReport.Parse(await target.AskAsync("report", cancel));
        return
        [
            new("faults: kills", "", kills, null, "", null, $"{string.Join(", ", _ends.Select(end => $"{end.Key} {end.Value}"))}; at up to {usual.TotalMilliseconds:f0} ms", []),
            Figure.MustBeZero("faults: failures", _failures.Count, _failures.Count == 0 ? "stopped threads, audits, commands that did not end it" : _failures[0]),
            Figure.MustBeZero("faults: errors", window.Counts.Errors + report.Mixed, $"in {window.Counts.Requests} requests of the load and {report.Requests - window.Counts.Requests} that threads of the target made themselves; mixed ones {report.Mixed}"),
        ];
    }

    private static async Task<string> BuildAsync(int from, int to, CancellationToken cancel)
    {
        string file = RepositoryRoot.Combine("out", "bench", $"sample-{from}-to-{to}.wfp");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await WfpatchTool.BuildAsync(
            await TargetSource.Sample.ObjectsAsync(from, cancel: cancel), await TargetSource.Sample.ObjectsAsync(to, cancel: cancel), file, ["handle_request"], cancel);
        return file;
    }

    /// <summary>How long a command takes that nobody kills, with some reserve.</summary>
    private async Task<TimeSpan> UsualAsync(TestTarget target, string patch, CancellationToken cancel)
    {
        const int Times = 5;
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < Times; i++)
        {
            (await WfpatchTool.ApplyAsync(patch, target.Id, Points, cancel)).OrThrow();
            await EndAsync(target, cancel);
        }
        return Stopwatch.GetElapsedTime(began) / Times / 2;
    }

    private ImmutableArray<string> Next(TestTarget target, ImmutableArray<string> patches)
    {
        string patch = patches[_random.Next(patches.Length)];
        ImmutableArray<string> command = _random.Next(6) switch
        {
            0 or 1 => ["apply", patch],
            2 => ["apply", patch, "--canary", "1"],
            3 => ["advance"],
            _ => ["revert"],
        };
        // Canaries are let go on by the points that their patch was applied with.
        return [.. command, "--pid", $"{target.Id}", .. command[0] == "advance" ? [] : Points];
    }

    private async Task KillAsync(TestTarget target, ImmutableArray<string> arguments, TimeSpan usual, CancellationToken cancel)
    {
        await using ChildProcess command = ChildProcess.Start(new(WfpatchTool.Path, arguments));
        await Task.Delay(_random.NextDouble() * usual, cancel);
        command.Kill();
        ExitStatus status = await command.WaitForExitAsync(cancel);
        string name = arguments.Contains("--canary") ? "canary" : arguments[0];
        string end = status.Signal == 9 ? $"{name} killed" : $"{name} ended before ({status.Code})";
        _ends[end] = _ends.GetValueOrDefault(end) + 1;
    }

    private async Task CheckAsync(TestTarget target, CancellationToken cancel)
    {
        foreach (string thread in Directory.EnumerateDirectories($"/proc/{target.Id}/task"))
        {
            string stat = await File.ReadAllTextAsync(Path.Combine(thread, "stat"), cancel);
            if (stat[(stat.LastIndexOf(')') + 2)..][0] is 't' or 'T')
            {
                _failures.Add($"a thread is stopped: {stat}");
            }
        }
        CommandResult verify = await WfpatchTool.RunAsync(["verify", "--pid", $"{target.Id}"], cancel);
        if (verify.Status.Code != 0)
        {
            _failures.Add(verify.Output);
        }
    }

    /// <summary>Takes everything back: afterwards nothing is in force and nothing is open.</summary>
    private async Task EndAsync(TestTarget target, CancellationToken cancel)
    {
        ToolReport report;
        int reverts = 0;
        do
        {
            report = ToolReport.Parse(await WfpatchTool.RunAsync(["revert", "--pid", $"{target.Id}", "--json", .. Points], cancel));
        }
        while (report.IsDone && ++reverts < MostReverts);
        if (report.Refusals is not [{ Code: "WF702" }])
        {
            _failures.Add($"it was not taken back: {report.Summary}");
        }
    }
}
