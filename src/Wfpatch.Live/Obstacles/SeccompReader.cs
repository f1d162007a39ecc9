// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.Seccomp;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Obstacles;

/// <summary>
/// Reads the filters of system calls that a target's threads have, and asks them about the calls that patching brings: the mmap that one thread
/// is made to do, and restart_syscall(2), by which the kernel goes on with some calls after a stop. A filter can only be read of a
/// stopped thread, and nobody knows yet whether that thread may make restart_syscall: so that it does not make it, its call is made again as it
/// was, and threads for which that would not do are not stopped. Those for which it matters whether we live to do that come last.
/// </summary>
public sealed class SeccompReader(Target target, StopLog stops)
{
    /// <summary>What the kernel allows all filters of a thread together (MAX_INSNS_PER_PATH, kernel/seccomp.c).</summary>
    private const int MostInstructions = 32768;

    private const int MostFilters = 8192;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BeforeLastResort = TimeSpan.FromMilliseconds(100);

    private readonly string _subject = $"process {target.Process}";
    private readonly ulong[] _instructions = new ulong[MostInstructions];
    private readonly int[] _lengths = new int[MostFilters];

    private sealed record Filtered(int Thread, string? Count)
    {
        public ImmutableArray<SeccompFilter>? Filters { get; set; }

        /// <summary>Why it could not be stopped, completing "it is in".</summary>
        public string Blocker { get; set; } = "no system call for a moment";
    }

    /// <summary>What is against stopping threads, for those who only look.</summary>
    public Refusal? FindAgainstStops()
    {
        var filtered = ReadModes().Where(t => t.Mode == "2").Select(t => new Filtered(t.Thread, t.Count)).ToList();
        return filtered.Count == 0 ? null : ReadAll(filtered, "punish a system call that goes on after a stop") ?? FindAgainstRestart(filtered);
    }

    /// <summary>The rules, and what is against patching.</summary>
    public (SeccompRules Rules, Refusal? Refusal) Read()
    {
        var modes = ReadModes();
        if (modes.All(t => t.Mode == "0"))
        {
            return (SeccompRules.None, null);
        }
        var filtered = modes.Where(t => t.Mode == "2").Select(t => new Filtered(t.Thread, t.Count)).ToList();
        if (ReadAll(filtered, "forbid the mmap that has to be made in it") is { } unknown)
        {
            return (SeccompRules.None, unknown);
        }
        if (FindForbidden(filtered) is { } forbidden)
        {
            return (SeccompRules.None, forbidden);
        }
        ImmutableHashSet<int> mappers =
        [
            .. modes.Where(t => t.Mode == "0").Select(t => t.Thread),
            .. filtered.Where(t => t.Filters is { } filters && SeccompFilter.Ask(filters, SeccompCall.MapExecutable).IsAllowed).Select(t => t.Thread),
        ];
        if (!mappers.IsEmpty)
        {
            return (new SeccompRules(mappers), null);
        }
        string why = filtered.Select(t => t.Filters).FirstOrDefault(f => f is not null) is { } some
            ? SeccompFilter.Ask(some, SeccompCall.MapExecutable).ToString()
            : "ends the thread for it (strict mode)";
        return (SeccompRules.None, Refuse($"{_subject} has a seccomp filter against the mmap that has to be made in it: it {why}."));
    }

    private List<(int Thread, string? Mode, string? Count)> ReadModes() =>
    [
        .. target.Proc.ReadThreads()
            .Select(t => (Thread: t, Mode: target.Proc.ReadStatus("Seccomp", t), Count: target.Proc.ReadStatus("Seccomp_filters", t)))
            .Where(t => t.Mode is not null),
    ];

    private Refusal Refuse(string sentence) => TargetRefusals.SeccompFilter.About(_subject, sentence);

    // One without filters has ended.
    private Refusal? FindForbidden(IReadOnlyCollection<Filtered> filtered) =>
        filtered.FirstOrDefault(t => t.Filters is { } filters && filters.Any(f => f.ReadsPlace)) is { } bound
            ? Refuse($"The seccomp filter of thread {bound.Thread} of {_subject} looks at the place that system calls are made from, which a patch changes.")
            : FindAgainstRestart(filtered);

    private Refusal? FindAgainstRestart(IEnumerable<Filtered> filtered) => filtered
        .Where(t => t.Filters is not null)
        .Select(t => (t.Thread, Verdict: SeccompFilter.Ask(t.Filters!.Value, SeccompCall.Restart)))
        .Where(t => !t.Verdict.IsAllowed)
        .Select(t => Refuse($"The seccomp filter of thread {t.Thread} of {_subject} forbids restart_syscall, by which the kernel goes on with a system call after a stop: it {t.Verdict}."))
        .FirstOrDefault();

    // A thread that cannot be stopped has what the others have, if these all have the same and as many.
    private Refusal? ReadAll(List<Filtered> filtered, string fear)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            foreach (var thread in filtered.Where(t => t.Filters is null).ToList())
            {
                int error = TryRead(thread, clock.Elapsed > BeforeLastResort);
                if (error == Errno.NoSuchProcess)
                {
                    filtered.Remove(thread);
                }
                else if (error != Errno.Success)
                {
                    return error == Errno.NoAccess
                        ? Refuse($"{_subject} has a seccomp filter, which may {fear}; to read it takes CAP_SYS_ADMIN, and to have no filter oneself.")
                        : Refuse($"{_subject} has a seccomp filter, which may {fear}, and the kernel does not show it (errno {error}).");
                }
            }
            var open = filtered.Where(t => t.Filters is null).ToList();
            var known = filtered.Where(t => t.Filters is not null).ToList();
            if (known.Count > 0 && open.TrueForAll(t => t.Count == known[0].Count) && known.TrueForAll(t => t.Filters!.Value.SequenceEqual(known[0].Filters!.Value)))
            {
                open.ForEach(t => t.Filters = known[0].Filters);
                return null;
            }
            if (open.Count == 0)
            {
                return null;
            }
            if (clock.Elapsed > Limit)
            {
                return Refuse($"{_subject} has a seccomp filter that could not be read: thread {open[0].Thread} is in {open[0].Blocker}.");
            }
            Thread.Sleep(1);
        }
    }

    /// <summary>An errno. Success and no filters: it cannot be stopped now.</summary>
    private int TryRead(Filtered thread, bool isLastResort)
    {
        if (target.Proc.ReadActivity(thread.Thread) is not { } activity)
        {
            return target.Proc.ReadThreadState(thread.Thread) is null or 'Z' or 'X' ? Errno.NoSuchProcess : Errno.Success;
        }
        if (activity.IsBlocked && FindObstacle(in activity, isLastResort) is { } obstacle)
        {
            thread.Blocker = obstacle;
            return Errno.Success;
        }
        int count = 0;
        int error;
        var asleep = SleepClock.Read(target.Process, thread.Thread) ?? TimeSpan.Zero;
        using (var stopped = StoppedThread.Take(target.Linux, thread.Thread, stops))
        {
            if (!stopped.IsStopped || stopped.GetRegisters(out var registers) != Errno.Success)
            {
                return stopped.HasEnded ? Errno.NoSuchProcess : stopped.Error;
            }
            error = Copy(thread.Thread, out count);
            MakeCallAgain(in stopped, ref registers, asleep);
        }
        if (error != Errno.NoEntry)
        {
            return error;
        }
        thread.Filters = Decode(count);
        return Errno.Success;
    }

    private string? FindObstacle(in ThreadActivity blocked, bool isLastResort) =>
        // It goes on by the same call, which its filter let pass; another thread may have given it another filter since (SECCOMP_FILTER_FLAG_TSYNC).
        blocked.Number == SyscallRestart.RestartSyscall && !(isLastResort && target.Proc.ReadThreads().Length == 1) ? SyscallRestart.NameOf(blocked.Number)
            : blocked.Number >= 0 && !SyscallRestart.MayMakeAgain(blocked.Number, blocked.Arguments) ? $"{SyscallRestart.NameOf(blocked.Number)}, with a time limit"
            : !isLastResort && (SyscallRestart.EndsWhenStopped(blocked.Number) || SyscallRestart.MayGoOnByRestartCall(blocked.Number, blocked.Arguments)) ? SyscallRestart.NameOf(blocked.Number)
            : InterruptibleCalls.FindObstacle(target.Linux, target.Process, in blocked);

    private int Copy(int thread, out int count)
    {
        int used = 0;
        for (count = 0; count < MostFilters; count++)
        {
            int error = target.Linux.ReadFilter(thread, count, _instructions.AsSpan(used), out int length);
            if (error != Errno.Success)
            {
                return error;
            }
            _lengths[count] = length;
            used += length;
        }
        return Errno.NoRoom;
    }

    private static void MakeCallAgain(in StoppedThread stopped, ref UserRegisters registers, TimeSpan asleep)
    {
        long call = (long)registers.OrigRax;
        if (!SyscallRestart.GoesOnByRestartCall(call, (long)registers.Rax))
        {
            InterruptedCall.Restart(in stopped, ref registers, asleep);
            return;
        }
        if (SyscallRestart.HasTimeoutInThird(call) && (int)registers.Rdx > 0)
        {
            registers.Rdx = (ulong)Math.Max(0, (int)registers.Rdx - (long)asleep.TotalMilliseconds);
        }
        registers.Rax = unchecked((ulong)SyscallRestart.ResultThatRestarts);
        _ = stopped.SetRegisters(in registers);
    }

    private ImmutableArray<SeccompFilter> Decode(int count)
    {
        var filters = ImmutableArray.CreateBuilder<SeccompFilter>(count);
        int at = 0;
        foreach (int length in _lengths.AsSpan(0, count))
        {
            filters.Add(new SeccompFilter([.. _instructions.AsSpan(at, length).ToArray().Select(BpfInstruction.Decode)]));
            at += length;
        }
        return filters.ToImmutable();
    }
}
