// SPDX-License-Identifier: Apache-2.0
using System.Net.Sockets;
using Wfpatch.Lab.Loads;
using Wfpatch.Lab.Servers;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Experiments;

/// <summary>
/// The way of one server: an unpatched one meets its bug; another one is loaded, patched twice, asked, meets the bug, and is taken back to where it
/// began. The load goes on from the first step to the last.
/// </summary>
/// <param name="window">How long the load runs between two steps.</param>
internal sealed class ServerFlow(string name, ServerKit kit, TimeSpan window, Action<string> say)
{
    private const int Connections = 8;
    private const double RequestsPerSecond = 800;
    private const int SignalTerminate = 15;
    private static readonly TimeSpan Slot = TimeSpan.FromMilliseconds(100);

    /// <summary>For a server that was hit, or told, to end.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(20);

    private readonly LoadWindow _window = new("all");

    internal async Task<ServerResult> RunAsync(CancellationToken cancel)
    {
        (string answer, string end) = await HitUnpatchedAsync(cancel);
        say($"the request to an unpatched one: {answer}; {(end.Length > 0 ? $"it is dead ({end})" : "it serves on")}");
        await using ILabProcess server = await kit.StartAsync(cancel);
        ServerResult result = await UnderLoadAsync(server, new(kit.FixTitle, answer, end, kit.RightAnswer, "", false), cancel);
        CommandResult verify = await WfpatchTool.RunAsync(["verify", "--pid", $"{server.Process.Id}"], cancel);
        server.Process.Signal(SignalTerminate);
        return result with { IsClean = verify.Status.IsSuccess, End = await EndAsync(server, cancel) };
    }

    private async Task<ServerResult> UnderLoadAsync(ILabProcess server, ShownBug bug, CancellationToken cancel)
    {
        string before = server.Ask();
        using LoadGenerator load = new(server.Connect, Connections, RequestsPerSecond);
        await WatchAsync(load, cancel);
        AppliedPatch visible = await ApplyAsync(kit.Visible, server, cancel);
        await WatchAsync(load, cancel);
        string during = server.Ask();
        say($"'{before}' is now '{during}'");
        AppliedPatch fix = await ApplyAsync(kit.Fix, server, cancel);
        await WatchAsync(load, cancel);
        string answer = Provoke(server);
        string status = (await WfpatchTool.RunAsync(["status", "--pid", $"{server.Process.Id}"], cancel)).Output.TrimEnd();
        await WatchAsync(load, cancel);
        bool survives = !server.Process.HasEnded;
        say($"the request to the patched one: {answer}; {(survives ? "it serves on" : "it is dead")}");
        await RevertBothAsync(server, load, cancel);
        string after = server.Ask();
        load.Dispose();
        load.TakeSlot(_window); // with the requests that were under way
        LoadCounts counts = _window.Counts;
        return new(name, kit.Title, [])
        {
            Requests = counts.Requests, Failed = counts.Errors, Visible = visible, Fix = fix, Before = before, During = during, After = after, Status = status,
            Bug = bug with { Patched = answer, Survives = survives },
        };
    }

    private async Task<AppliedPatch> ApplyAsync(string patch, ILabProcess server, CancellationToken cancel)
    {
        ToolReport report = await WfpatchTool.ApplyAsync(patch, server.Process.Id, server.ApplyArguments, cancel);
        AppliedPatch applied = AppliedPatch.Of(report);
        say($"apply of {Path.GetFileNameWithoutExtension(patch)}: {report.Summary}; {applied.Migrated} of {applied.Threads} threads in {applied.TransitionUs / 1000:F1} ms");
        return applied;
    }

    // The last one goes first: a fix that is taken back below another patch would be refused.
    private async Task RevertBothAsync(ILabProcess server, LoadGenerator load, CancellationToken cancel)
    {
        for (int patches = 0; patches < 2; patches++)
        {
            ToolReport revert = await WfpatchTool.RevertAsync(server.Process.Id, cancel: cancel);
            say($"revert of {revert.Patch?.Name}: {revert.Summary}");
            await WatchAsync(load, cancel);
        }
    }

    private Task WatchAsync(LoadGenerator load, CancellationToken cancel) => load.WatchAsync(_window, window, Slot, _ => { }, cancel);

    private static string Provoke(ILabProcess server)
    {
        try
        {
            return server.Provoke();
        }
        catch (SocketException lost)
        {
            return lost.SocketErrorCode.ToString();
        }
    }

    private async Task<(string Answer, string End)> HitUnpatchedAsync(CancellationToken cancel)
    {
        await using ILabProcess server = await kit.StartAsync(cancel);
        string answer = Provoke(server);
        return (answer, kit.EndsUnpatched ? await EndAsync(server, cancel) : "");
    }

    /// <summary>How the server ended; empty: it did not.</summary>
    private static async Task<string> EndAsync(ILabProcess server, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(EndLimit);
        try
        {
            return (await server.Process.WaitForExitAsync(limit.Token)).ToString();
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return "";
        }
    }
}
