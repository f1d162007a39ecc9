// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Demo;

/// <summary>The way of one target through the demo: load, a window before, the patch, a window after.</summary>
internal sealed class DemoFlow
{
    private const int Connections = 8;
    private const double RequestsPerSecond = 6000;
    private static readonly TimeSpan Slot = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(1200);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestDuring = TimeSpan.FromMilliseconds(300);

    private readonly IDemoTarget _target;
    private readonly string _patch;
    private readonly Action<DemoFrame> _show;
    private readonly LoadWindow _before = new("before");
    private readonly LoadWindow _during = new("during");
    private readonly LoadWindow _after = new("after");
    private readonly LoadWindow _aftermath = new("aftermath");
    private DemoFrame _frame;

    internal DemoFlow(IDemoTarget target, string patch, Action<DemoFrame> show)
    {
        (_target, _patch, _show) = (target, patch, show);
        _frame = new(target.Name, target.Title);
    }

    internal async Task<(DemoResult Result, DemoFrame Frame)> RunAsync(CancellationToken cancel)
    {
        string oldReply = _target.Ask();
        Show(_frame with { OldReply = oldReply, Phase = "load starts" });
        LoadWindow warmUp = new("warm-up");
        using LoadGenerator load = new(_target.Connect, Connections, RequestsPerSecond);
        await load.WatchAsync(warmUp, WarmUp, Slot, _ => { }, cancel);

        await WatchAsync(load, _before, Window, "under load", cancel);
        ToolReport report = await ApplyAsync(load, cancel);
        await WatchAsync(load, _after, Window, report.IsDone ? "under load, patched" : "under load", cancel);
        string newReply = _target.Ask();
        Show(_frame with { NewReply = newReply });

        DemoAftermath aftermath = report.IsDone ? await _target.AfterAsync(cancel) : new([], 0, 0);
        load.TakeSlot(_aftermath);
        Show(_frame with { Phase = report.Result, Notes = [.. _frame.Notes, .. aftermath.Notes] });
        return (Result(report, aftermath, warmUp, oldReply, newReply), _frame);
    }

    private async Task<ToolReport> ApplyAsync(LoadGenerator load, CancellationToken cancel)
    {
        Task<ToolReport> apply = WfpatchTool.ApplyAsync(_patch, _target.Pid, _target.ApplyArguments, cancel);
        Task shortest = Task.Delay(ShortestDuring, cancel);
        TimeSpan end = default;
        Show(_frame with { Phase = "being patched" });
        while (!apply.IsCompleted || !shortest.IsCompleted)
        {
            bool waiting = !apply.IsCompleted;
            await Task.WhenAny(waiting ? apply : shortest, Task.Delay(Slot, cancel));
            end = Take(load, _during, waiting ? null : end);
        }
        ToolReport report = await apply;
        DemoTransition transition = DemoTransition.Of(report, end);
        ImmutableArray<string> notes = report.IsDone ? [] : [$"wfpatch apply: {report.Summary}"];
        Show(_frame with { Transition = transition.Threads.IsEmpty ? null : transition, Notes = notes });
        return report;
    }

    private Task WatchAsync(LoadGenerator load, LoadWindow window, TimeSpan length, string phase, CancellationToken cancel)
    {
        Show(_frame with { Phase = phase });
        return load.WatchAsync(window, length, Slot, slot => Show(_frame with { Slots = _frame.Slots.Add(slot) }), cancel);
    }

    /// <summary>Takes a slot; gives its end, or the time that is known already.</summary>
    private TimeSpan Take(LoadGenerator load, LoadWindow window, TimeSpan? known)
    {
        LoadSlot slot = load.TakeSlot(window);
        Show(_frame with { Slots = _frame.Slots.Add(slot) });
        return known ?? slot.Start + slot.Length;
    }

    private DemoResult Result(ToolReport report, DemoAftermath aftermath, LoadWindow warmUp, string oldReply, string newReply)
    {
        LoadCounts all = warmUp.Counts + _before.Counts + _during.Counts + _after.Counts + _aftermath.Counts;
        ImmutableArray<ReportedThread> threads = report.Threads;
        int pending = threads.Count(thread => thread.IsPending);
        int exited = threads.Count(thread => thread.How == "exited");
        return new(_target.Name, threads.Length, threads.Length - pending - exited, pending, Math.Max(all.Mixed, aftermath.Mixed),
            all.Errors + aftermath.Errors, all.Requests, Math.Round(report.ArmUs, 1), report.Stops, Math.Round(report.LongestStopUs, 1),
            _before.Latency, _during.Latency, _after.Latency, oldReply, newReply);
    }

    private void Show(DemoFrame frame)
    {
        _frame = frame;
        _show(frame);
    }
}
