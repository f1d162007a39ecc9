// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Net.Sockets;
using Wfpatch.Lab.Loads;
using Wfpatch.Lab.Servers;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Experiments.Restarts;

/// <summary>
/// The way of one server: under one load from the beginning to the end, it is patched and restarted in turn. Connections that a restart cuts are made again as soon as somebody
/// listens; a request that comes in between counts from when it was due.
/// </summary>
/// <param name="patch">The visible change; it is taken back before the restart, which would end it as well.</param>
internal sealed class RestartFlow(ILabProcess server, string patch, RestartOptions options, Action<string> progress)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1), Slot = TimeSpan.FromMilliseconds(100), Pause = TimeSpan.FromMilliseconds(2);

    internal async Task<RestartRun> RunAsync(RunConditions<RestartOptions> conditions, CancellationToken cancel)
    {
        string before = server.Ask();
        using LoadGenerator load = new(server.Connect, options.Connections, options.RequestsPerSecond);
        LoadWindow elsewhere = new("elsewhere");
        List<RestartSample> samples = [];
        for (int time = 0; time < options.Times; time++)
        {
            progress($"{time + 1} of {options.Times}");
            await WatchAsync(load, elsewhere, cancel);
            samples.Add(await MeasureAsync(RestartSample.Patch, load, () => ApplyAsync(cancel), cancel));
            _ = await WfpatchTool.RevertAsync(server.Process.Id, cancel: cancel);
            await WatchAsync(load, elsewhere, cancel);
            samples.Add(await MeasureAsync(RestartSample.Restart, load, () => RestartAsync(before, cancel), cancel));
        }
        load.Dispose();
        load.TakeSlot(elsewhere);
        return new(conditions, elsewhere.Counts.Errors, [.. samples]);
    }

    /// <param name="changeAsync">Gives why it was not done; empty: it was.</param>
    private static async Task<RestartSample> MeasureAsync(string way, LoadGenerator load, Func<Task<string>> changeAsync, CancellationToken cancel)
    {
        LoadWindow window = new(way);
        long began = Stopwatch.GetTimestamp();
        string why = await changeAsync();
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        await WatchAsync(load, window, cancel);
        return new(way, took.TotalMilliseconds, window.Counts.Requests, window.Counts.Errors, window.WorstUs / 1000, why);
    }

    private async Task<string> ApplyAsync(CancellationToken cancel)
    {
        ToolReport report = await WfpatchTool.ApplyAsync(patch, server.Process.Id, server.ApplyArguments, cancel);
        return report.IsDone ? "" : report.Summary;
    }

    private async Task<string> RestartAsync(string answer, CancellationToken cancel)
    {
        await server.RestartAsync(cancel);
        while (true)
        {
            try
            {
                return server.Ask() is var given && given == answer ? "" : $"it answered '{given}'";
            }
            catch (Exception notYet) when (notYet is SocketException or InvalidDataException && !server.Process.HasEnded)
            {
                await Task.Delay(Pause, cancel);
            }
        }
    }

    private static Task WatchAsync(LoadGenerator load, LoadWindow window, CancellationToken cancel) => load.WatchAsync(window, Second, Slot, _ => { }, cancel);
}
