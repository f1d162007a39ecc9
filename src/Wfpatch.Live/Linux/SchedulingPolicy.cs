// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Live.Linux;

/// <summary>Policies of the scheduler (sched(7)) for threads of this process; 0 is the calling one.</summary>
public static unsafe class SchedulingPolicy
{
    public const int Other = 0, Fifo = 1, Idle = 5;

    private const int LowestRealTime = 1;

    /// <summary>A negative number for a thread that is not there.</summary>
    public static int Get(int thread) => NativeMethods.SchedGetScheduler(thread);

    public static bool TrySet(int thread, int policy)
    {
        int priority = policy == Fifo ? LowestRealTime : 0;
        return NativeMethods.SchedSetScheduler(thread, policy, &priority) == 0;
    }
}
