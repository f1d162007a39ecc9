// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Quiescence.Sampling;

/// <summary>
/// What a profile of a program might be, from samples of its threads' stacks. The loop of a thread is the innermost activation
/// that is on all of its stacks. What the loop calls when it is not idle starts a request: where the loop is in a library, the
/// first function of the program that is called back; else the function that the loop calls itself.
/// </summary>
public sealed record ProfileProposal(string Program, ImmutableArray<ThreadGroup> Groups)
{
    /// <summary>A candidate that was seen less often than this part of the most frequent one is left out.</summary>
    private const int RareShare = 20;

    /// <summary>The rank of what is called by what the loop calls; it must be on at least half as many stacks.</summary>
    private const int MostRank = 1;

    /// <summary>The rank of exported functions between the loop and what it leads to.</summary>
    private const int WayRank = 3;

    /// <summary>The points that a profile can name, each once.</summary>
    public IEnumerable<ProposedPoint> Points => Groups.SelectMany(g => g.Points).Where(p => p.IsNameable).DistinctBy(p => p.Function);

    /// <summary>Functions that are on a stack at one of the points.</summary>
    public IEnumerable<SampledFunction> Below => Groups.Where(g => g.Points.Any(p => p.IsNameable)).SelectMany(g => g.Below).Distinct();

    /// <param name="findJumpers">Functions that end in a jump to a function: entered through one of them, it is alone on the stack.</param>
    public static ProfileProposal Of(string program, IEnumerable<StackSample> samples, Func<SampledFunction, IEnumerable<SampledFunction>> findJumpers)
    {
        var threads = samples.GroupBy(s => s.Thread).Select(t => (Samples: t.ToImmutableArray(), Common: CountCommon([.. t]))).ToList();
        var groups = threads
            .GroupBy(t => (Name: WithoutNumber(t.Samples[0].ThreadName), Loop: LoopOf(t.Samples[0], t.Common)))
            .Select(g => DescribeGroup(g.Key.Name, g.Key.Loop, [.. g], findJumpers))
            .OrderByDescending(g => g.Points.Length).ThenByDescending(g => g.Busy).ThenBy(g => g.Name, StringComparer.Ordinal);
        return new(program, [.. groups]);
    }

    private static ThreadGroup DescribeGroup(string name, SampledFunction? loop, ImmutableArray<(ImmutableArray<StackSample> Samples, int Common)> threads,
        Func<SampledFunction, IEnumerable<SampledFunction>> findJumpers)
    {
        var stacks = threads.SelectMany(t => t.Samples.Select(s => (Sample: s, t.Common))).ToList();
        var idle = stacks.Where(s => s.Sample.IsIdle).ToList();
        var busy = stacks.Where(s => !s.Sample.IsIdle).ToList();
        // What the loop waits in is called between requests; the threads that were seen idle tell for the others.
        var waits = idle.Select(s => Above(s).FirstOrDefault()).OfType<SampledFunction>().ToHashSet();
        var points = loop is null ? [] : FindPoints(loop, busy.Select(Above), waits, findJumpers);
        ImmutableArray<SampledFunction> below = [.. threads[0].Samples[0].Frames.Take(threads[0].Common).Select(f => f.Function).Where(f => f.Owner != CodeOwner.System)];
        string idleIn = idle.Count == 0 ? "" : $"{idle[0].Sample.Call} < {string.Join(" < ", Above(idle[0]).Reverse().Append(loop).OfType<SampledFunction>().Select(f => f.Display))}";
        return new(
            name, [.. threads.Select(t => t.Samples[0].Thread).Order()], loop, below, idleIn, idle.Count, busy.Count, points,
            Remark(idle.Count, busy.Count, points));
    }

    private static ImmutableArray<ProposedPoint> FindPoints(
        SampledFunction loop, IEnumerable<IEnumerable<SampledFunction>> busy, HashSet<SampledFunction> waits, Func<SampledFunction, IEnumerable<SampledFunction>> findJumpers)
    {
        var seen = new Dictionary<SampledFunction, (int Count, string Reason, int Rank)>();
        foreach (var chain in busy.Select(b => b.ToList()).Where(c => c.Count > 0 && !waits.Contains(c[0])))
        {
            foreach (var (function, reason, rank) in Candidates(loop, chain))
            {
                seen[function] = seen.TryGetValue(function, out var before) ? (before.Count + 1, before.Reason, before.Rank) : (1, reason, rank);
            }
        }
        foreach (var (entered, before) in seen.Where(s => s.Value.Rank == 0).ToList())
        {
            foreach (var jumper in findJumpers(entered).Where(j => !seen.ContainsKey(j)))
            {
                seen.Add(jumper, (before.Count, $"it jumps to {entered.Display}; of that one: {before.Reason}", 0));
            }
        }
        // What was met once in a while is no start of requests; and what is only on the way is for want of better.
        int most = seen.Values.Select(v => v.Count).DefaultIfEmpty().Max();
        bool hasName = seen.Any(s => s.Value.Rank < WayRank && IsNameable(s.Key));
        return
        [
            .. seen.Where(s => s.Value.Count * (s.Value.Rank == MostRank ? 2 : RareShare) >= most && (s.Value.Rank < WayRank || !hasName))
                .OrderBy(s => s.Value.Rank).ThenByDescending(s => s.Value.Count).ThenBy(s => s.Key.Display, StringComparer.Ordinal)
                .Select(s => new ProposedPoint(s.Key, s.Value.Count, IsNameable(s.Key), s.Value.Reason)),
        ];
    }

    private static bool IsNameable(SampledFunction function) => function.Name.Length > 0 && (function.IsExported || function.Owner == CodeOwner.Program);

    private static IEnumerable<(SampledFunction Function, string Reason, int Rank)> Candidates(SampledFunction loop, List<SampledFunction> chain)
    {
        int back = loop.Owner == CodeOwner.Program ? -1 : chain.FindIndex(f => f.Owner == CodeOwner.Program);
        if (back >= 0)
        {
            yield return (chain[back], $"{loop.Object} calls it back from its loop {loop.Display}", 0);
        }
        if (back != 0 && chain[0].Owner != CodeOwner.System)
        {
            yield return (chain[0], $"the loop {loop.Display} calls it", back > 0 ? 2 : 0);
        }
        if (back < 0 && chain is [{ Owner: CodeOwner.Program }, { Owner: CodeOwner.Program }, ..])
        {
            yield return (chain[1], $"it does most of what {chain[0].Display} does, which the loop {loop.Display} calls", MostRank);
        }
        // Where neither has a name that a profile could use, an exported function on the way has.
        foreach (var way in chain.Skip(1).Take(Math.Max(back, 3)).Where(f => f.IsExported && f.Owner == CodeOwner.Library).Take(1))
        {
            yield return (way, $"it is called on the way from the loop {loop.Display}", WayRank);
        }
    }

    private static string Remark(int idle, int busy, ImmutableArray<ProposedPoint> points) => (idle, busy, points) switch
    {
        (_, 0, _) => "only seen idle: they need no point, they are migrated from outside where nothing of a patch is on their stacks",
        (_, _, []) => "seen busy, but only in what the loop waits in or in the C library: sample for longer, or under load",
        _ when points.All(p => !p.IsNameable) => "the functions have no names here: name a patch that carries them (--patch), or a file with symbols (--symbols)",
        _ => "",
    };

    /// <summary>How many frames, from the outermost one on, are the same activations on all stacks of a thread; without the C library's
    /// innermost ones, which only wait.</summary>
    private static int CountCommon(ImmutableArray<StackSample> samples)
    {
        var first = samples[0].Frames;
        int common = samples.Min(s => s.Frames.Length);
        for (int i = 0; i < common; i++)
        {
            if (samples.Any(s => s.Frames[i] != first[i]))
            {
                common = i;
            }
        }
        while (common > 0 && first[common - 1].Function.Owner == CodeOwner.System)
        {
            common--;
        }
        return Math.Max(common, 0);
    }

    private static SampledFunction? LoopOf(StackSample sample, int common) => common > 0 ? sample.Frames[common - 1].Function : null;

    private static IEnumerable<SampledFunction> Above((StackSample Sample, int Common) stack) => stack.Sample.Frames.Skip(stack.Common).Select(f => f.Function);

    private static string WithoutNumber(string name) => name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9') is { Length: > 0 } stem ? stem : name;
}
