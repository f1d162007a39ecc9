// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Experiments.Overheads;

/// <summary>
/// Threads of one server that have the same name, mostly stand in the same system call, and are alike in whether they ever come by themselves. Applies and reverts count
/// together: each is a transition.
/// </summary>
/// <param name="Name">Without a number at its end.</param>
/// <param name="Threads">How many of them at a time, at most.</param>
/// <param name="Calls">Where they stood when wfpatch was started, the most frequent first, with shares.</param>
/// <param name="Transitions">How often one of them was to migrate.</param>
/// <param name="ByThemselves">How often one came by itself, at a point or behind a return hook: times from arming in microseconds.</param>
/// <param name="FromOutside">The same of those that were migrated while they were stopped.</param>
/// <param name="Together">How often one went over with all others at once.</param>
/// <param name="Born">How often one began in the new generation.</param>
/// <param name="Exited">How often one ended instead.</param>
/// <param name="Pending">How often one was not there at the end.</param>
public sealed record ThreadKind(
    string Method, string Name, int Threads, ImmutableArray<CallShare> Calls, int Transitions, Arrivals ByThemselves, Arrivals FromOutside, int Together, int Born, int Exited, int Pending)
{
    /// <summary>Whether some of them came by themselves at least once.</summary>
    public bool EverComes => ByThemselves.Times > 0;

    /// <summary>The kinds of all threads that a method met, those first that come by themselves.</summary>
    internal static ImmutableArray<ThreadKind> Of(ImmutableArray<OverheadSample> samples) =>
    [
        .. from method in OverheadMethod.Names
           from kind in Of(method, [.. samples.Where(sample => sample.Method == method)])
           select kind,
    ];

    /// <summary>A thread's name without the number by which programs tell threads of one kind apart.</summary>
    internal static string NameOf(string name) => name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9') is { Length: > 0 } kind ? kind : name;

    private static IEnumerable<ThreadKind> Of(string method, ImmutableArray<OverheadSample> samples)
    {
        // A thread is told by its number and name: one program may give a new thread the number of one that has ended.
        var threads = samples.SelectMany((sample, transition) => sample.Threads.Select(thread => (Transition: transition, Thread: thread)))
            .GroupBy(seen => (seen.Thread.Tid, Name: NameOf(seen.Thread.Name)))
            .Select(seen => (seen.Key.Name, Call: Shares([.. seen.Select(one => one.Thread)]) is [var first, ..] ? first.Call : "", Comes: seen.Any(one => IsByItself(one.Thread)), Seen: seen.ToImmutableArray()));
        return threads.GroupBy(thread => (thread.Name, thread.Call, thread.Comes))
            .Select(kind => Of(method, kind.Key.Name, [.. kind.SelectMany(thread => thread.Seen)]))
            .OrderByDescending(kind => kind.EverComes).ThenByDescending(kind => kind.Transitions).ThenBy(kind => kind.Name, StringComparer.Ordinal);
    }

    private static ThreadKind Of(string method, string name, ImmutableArray<(int Transition, SeenThread Thread)> seen)
    {
        ImmutableArray<SeenThread> threads = [.. seen.Select(one => one.Thread)];
        return new(
            method, name, seen.GroupBy(one => one.Transition).Max(transition => transition.Count()), Shares(threads), threads.Length, Arrivals.Of(threads.Where(IsByItself)),
            Arrivals.Of(threads.Where(thread => thread.How == "outside")), Count("together"), Count("born"), Count("exited"), Count("pending"));

        int Count(string how) => threads.Count(thread => thread.How == how);
    }

    private static bool IsByItself(SeenThread thread) => thread.How is "point" or "return";

    private static ImmutableArray<CallShare> Shares(ImmutableArray<SeenThread> threads)
    {
        ImmutableArray<string> calls = [.. threads.Select(thread => thread.Call).Where(call => call.Length > 0)];
        return [.. calls.GroupBy(call => call).Select(call => new CallShare(call.Key, (double)call.Count() / calls.Length)).OrderByDescending(call => call.Share).ThenBy(call => call.Call, StringComparer.Ordinal)];
    }
}

/// <param name="Call">A system call, or running.</param>
/// <param name="Share">Of all looks.</param>
public sealed record CallShare(string Call, double Share);

/// <param name="Times">How often.</param>
/// <param name="AtUs">When, since arming.</param>
public readonly record struct Arrivals(int Times, Spread AtUs)
{
    internal static Arrivals Of(IEnumerable<SeenThread> threads)
    {
        ImmutableArray<SeenThread> all = [.. threads];
        return new(all.Length, Spread.Of(all.Select(thread => thread.AtUs).OfType<double>()));
    }
}
