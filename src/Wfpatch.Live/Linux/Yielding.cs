// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Live.Linux;

/// <summary>
/// Lets all other programs go first (SCHED_IDLE, sched(7)): the target's requests shall not wait for a processor because a
/// controller reads unwind tables. A machine without any idle time would let it starve, so after a while it runs like
/// everybody else. Who may not come back from SCHED_IDLE (without CAP_SYS_NICE) never goes there.
/// It ends like everybody else, too: while a process is taken apart, others wait for parts of it, some of them without sleeping
/// (the parent that drops its /proc entries). One that gets no time on a busy machine made its parent spin for seconds.
/// </summary>
public sealed class Yielding : IDisposable
{
    private volatile bool _isOver;

    private Yielding()
    {
    }

    /// <summary>The policy of a thread that keeps nobody stopped.</summary>
    public int RestingPolicy => _isOver ? SchedulingPolicy.Other : SchedulingPolicy.Idle;

    /// <summary>From now on the calling thread, and those that it starts, yield.</summary>
    /// <returns>Null where that is not possible, or where this process has a policy of its own already (chrt(1)).</returns>
    public static Yielding? Begin(TimeSpan patience)
    {
        if (SchedulingPolicy.Get(0) != SchedulingPolicy.Other)
        {
            return null;
        }
        var yielding = new Yielding();
        using var decided = new ManualResetEventSlim();
        bool comesBack = false;
        // It needs the policy that it gives back: so it is started before, and tries on itself.
        var watchdog = new Thread(() =>
        {
            comesBack = SchedulingPolicy.TrySet(0, SchedulingPolicy.Idle) && SchedulingPolicy.TrySet(0, SchedulingPolicy.Other);
            decided.Set();
            if (comesBack)
            {
                Thread.Sleep(patience);
                yielding.Dispose();
            }
        })
        { IsBackground = true, Name = "watchdog" };
        watchdog.Start();
        decided.Wait();
        return comesBack && SchedulingPolicy.TrySet(0, SchedulingPolicy.Idle) ? yielding : null;
    }

    /// <summary>For a thread that is about to end, before the others.</summary>
    public static void EndForThisThread()
    {
        if (SchedulingPolicy.Get(0) == SchedulingPolicy.Idle)
        {
            _ = SchedulingPolicy.TrySet(0, SchedulingPolicy.Other);
        }
    }

    /// <summary>From now on all threads of this process run like everybody else's.</summary>
    public void Dispose()
    {
        _isOver = true;
        foreach (int thread in new ProcFs(Environment.ProcessId).ReadThreads())
        {
            // One that keeps a thread stopped at this moment is urgent; it asks for the resting policy afterwards.
            if (SchedulingPolicy.Get(thread) == SchedulingPolicy.Idle)
            {
                _ = SchedulingPolicy.TrySet(thread, SchedulingPolicy.Other);
            }
        }
    }
}
