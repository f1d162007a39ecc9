// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Demo;

/// <summary>How the threads of a target came from one generation to the next.</summary>
/// <param name="ArmedAt">When the redirects stood, on the clock of the load.</param>
public sealed record DemoTransition(
    TimeSpan ArmedAt, double ArmUs, double LengthUs, long Stops, double LongestStopUs, ImmutableArray<ThreadMigration> Threads)
{
    /// <param name="endedAt">When apply was over: it ends with the transition.</param>
    public static DemoTransition Of(ToolReport report, TimeSpan endedAt)
    {
        ImmutableArray<ThreadMigration> threads =
            [.. report.Threads.Select(thread => new ThreadMigration(thread.Tid, thread.Name, thread.How ?? "", thread.IsPending ? null : thread.AtUs ?? 0))
                .OrderBy(thread => thread.AtUs ?? double.MaxValue).ThenBy(thread => thread.Tid)];
        return new(endedAt - TimeSpan.FromMicroseconds(report.TransitionUs), report.ArmUs, report.TransitionUs, report.Stops, report.LongestStopUs, threads);
    }

    public int Migrated => Threads.Count(thread => thread.HasMigrated);

    public int Pending => Threads.Count(thread => thread.AtUs is null);

    /// <summary>Threads that run the old code at this time on the clock of the load.</summary>
    public int OldAt(TimeSpan time)
    {
        double us = (time - ArmedAt).TotalMicroseconds;
        return Threads.Count(thread => thread.AtUs is not { } at || at > us);
    }
}

/// <param name="How">point, outside, born, exited or pending.</param>
/// <param name="AtUs">From arming; null: not yet.</param>
public readonly record struct ThreadMigration(int Tid, string Name, string How, double? AtUs)
{
    public bool HasMigrated => AtUs is not null && How != "exited";
}
