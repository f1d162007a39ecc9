// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Obstacles;

/// <summary>
/// Finds a thread that runs on the control block of another one: made by clone(2) without CLONE_SETTLS, it has the %fs base of its creator, and so its
/// generation, whichever code it is in. glibc registers a list of robust mutexes for each thread that it makes; only one without is stopped, to see its %fs base.
/// </summary>
public static class SharedControlBlocks
{
    /// <summary>A thread that was just born has not registered its list yet.</summary>
    private static readonly TimeSpan Newborn = TimeSpan.FromMilliseconds(20);

    /// <summary>It may be in a call that must not be disturbed.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(200);

    public static Refusal? Find(Target target, StopLog stops)
    {
        var clock = Stopwatch.StartNew();
        var seen = new Dictionary<int, Address>();
        while (true)
        {
            var threads = target.Proc.ReadThreads();
            var foreign = threads.Where(t => !seen.ContainsKey(t) && IsForeign(target, t)).ToList();
            if (foreign.Count > 0 && clock.Elapsed > Newborn)
            {
                foreach (int thread in foreign)
                {
                    if (ReadBase(target, thread, stops) is { } block)
                    {
                        seen[thread] = block;
                    }
                }
                foreign.RemoveAll(seen.ContainsKey);
            }
            if (foreign.Count == 0)
            {
                return seen.Where(s => s.Value != Address.Zero).Select(s => FindOther(target, s.Key, s.Value, seen, stops)).FirstOrDefault(r => r is not null);
            }
            if (clock.Elapsed > Limit)
            {
                return Refuse(target, foreign[0], "and it cannot be seen whether it has one of its own: it is in a call that must not be disturbed");
            }
            Thread.Sleep(1);
        }
    }

    private static bool IsForeign(Target target, int thread) => target.Linux.GetRobustList(thread, out var head) == Errno.Success && head == Address.Zero;

    // glibc gives the block of a thread that has ended to the next one: so the thread must live, and have it, after the other one was seen with it.
    private static Refusal? FindOther(Target target, int thread, Address block, Dictionary<int, Address> seen, StopLog stops)
    {
        int other = target.Proc.ReadThreads().FirstOrDefault(t => t != thread
            && (ThreadControlBlock.Find(target.Linux, target.Memory, t) == block || (seen.GetValueOrDefault(t) == block && ReadBase(target, t, stops) == block)));
        return other != 0 && IsForeign(target, thread) && ReadBase(target, thread, stops) is var still && (still is null || still == block)
            ? Refuse(target, thread, $"and runs on that of thread {other}")
            : null;
    }

    private static Refusal Refuse(Target target, int thread, string why) =>
        TargetRefusals.ControlBlockShared.About($"thread {thread}", $"Thread {thread} of process {target.Process} was not made by glibc, which gives each thread a control block, {why}.");

    /// <summary>The thread's %fs base; null where it cannot be stopped now.</summary>
    private static Address? ReadBase(Target target, int thread, StopLog stops)
    {
        var terms = StopTerms.Read(target, thread, Address.Zero);
        if (!terms.MayStop)
        {
            return terms.HasEnded ? Address.Zero : null;
        }
        using var stopped = StoppedThread.Take(target.Linux, thread, stops, terms.Permit);
        if (!stopped.IsStopped || stopped.GetRegisters(out var registers) != Errno.Success)
        {
            return stopped.HasEnded ? Address.Zero : null;
        }
        var block = new Address(registers.FsBase);
        InterruptedCall.Restart(in stopped, ref registers, terms.Asleep);
        return block;
    }
}
