// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Experiments.Overheads;

/// <summary>One apply or revert under load. Times are microseconds.</summary>
/// <param name="Cycle">The turn of the method.</param>
/// <param name="Verb">apply or revert.</param>
/// <param name="Done">Whether all threads were there within the limit.</param>
/// <param name="Why">Why it is not done; empty where it is.</param>
/// <param name="Functions">How many were redirected.</param>
/// <param name="ArmUs">From the first write to the last one that redirects.</param>
/// <param name="TransitionUs">From arming until the last thread has migrated, or the limit.</param>
/// <param name="LongestStopUs">From asking a thread to stop until it was let go: the longest.</param>
/// <param name="LongestHeldUs">From its standing still until it was let go: the longest.</param>
/// <param name="LongestWaitUs">How long a thread waited for others at most; 0 where none waits.</param>
/// <param name="BytesAdded">Memory that wfpatch says to have added.</param>
/// <param name="Missing">Threads that did not come while the others waited, where it is not done.</param>
public sealed record OverheadSample(
    int Cycle, string Method, string Verb, bool Done, string Why, int Functions, double ArmUs, double TransitionUs, long Stops, double LongestStopUs, double LongestHeldUs, double LongestWaitUs, long BytesAdded,
    ImmutableArray<SeenThread> Threads, ImmutableArray<SeenThread> Missing)
{
    /// <param name="calls">What each thread was in when the command was started.</param>
    internal static OverheadSample Of(int cycle, string method, string verb, ToolReport told, IReadOnlyDictionary<int, string> calls)
    {
        ImmutableArray<MissingThread> missing = told.IsDone || told.Attempts.IsEmpty ? [] : told.Attempts[^1].Missing;
        return new(
            cycle, method, verb, told.IsDone, told.IsDone ? "" : StartedTool.Why(told), told.Functions.Length, told.ArmUs, told.TransitionUs, told.Stops, told.LongestStopUs, told.LongestHeldUs,
            told.LongestWaitUs, told.BytesAdded, [.. told.Threads.Select(thread => new SeenThread(thread.Tid, thread.Name, thread.How ?? "", thread.AtUs, CallOf(thread.Tid)))],
            [.. missing.Select(thread => new SeenThread(thread.Tid, thread.Name, "pending", null, CallOf(thread.Tid)))]);

        string CallOf(int thread) => calls.GetValueOrDefault(thread, "");
    }
}

/// <summary>A thread in one transition.</summary>
/// <param name="How">point, return, outside, together, born, exited or pending, as wfpatch says.</param>
/// <param name="AtUs">When it was seen to have migrated, since arming; null: it has not.</param>
/// <param name="Call">The system call that it was in when wfpatch was started; "running" in none; empty: it was not there yet.</param>
public sealed record SeenThread(int Tid, string Name, string How, double? AtUs, string Call);
