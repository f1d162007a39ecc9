// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Migrations;

namespace Wfpatch.Cli.Views;

/// <summary>How far a transition is, as one line: a bar of threads by generation. Pure.</summary>
internal static class ProgressLine
{
    public static string Render(IReadOnlyCollection<ThreadRecord> threads)
    {
        const int Width = 30;
        int done = threads.Count(t => t.IsDone);
        int filled = threads.Count == 0 ? Width : done * Width / threads.Count;
        var pending = threads.FirstOrDefault(t => !t.IsDone);
        string waiting = pending is null ? "" : $"  waiting for {pending.Id} {pending.Name}{(pending.Blocker is { Function.Length: > 0 } b ? $" (in {b.Function})" : "")}";
        return $"[{new string('#', filled)}{new string('.', Width - filled)}] {done}/{threads.Count} threads migrated{waiting}";
    }
}
