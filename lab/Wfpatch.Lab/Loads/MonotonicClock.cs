// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Wfpatch.Lab.Loads;

/// <summary>CLOCK_MONOTONIC in nanoseconds, and sleep until a time on it: Thread.Sleep has no better grain than a millisecond.</summary>
internal static partial class MonotonicClock
{
    private const int Monotonic = 1; // CLOCK_MONOTONIC, time.h
    private const int Absolute = 1; // TIMER_ABSTIME
    private const int SetTimerSlack = 29; // PR_SET_TIMERSLACK, prctl(2)

    /// <summary>On Linux the time stamp of Stopwatch is CLOCK_MONOTONIC in nanoseconds.</summary>
    internal static long NowNs => Stopwatch.GetTimestamp();

    /// <summary>This thread is woken when its time has come, not up to 50 us later.</summary>
    internal static void WakeOnTime() => _ = prctl(SetTimerSlack, 1, 0, 0, 0);

    internal static unsafe void SleepUntil(long ns)
    {
        long* until = stackalloc long[2];
        (until[0], until[1]) = Math.DivRem(ns, 1_000_000_000);
        _ = clock_nanosleep(Monotonic, Absolute, until, null); // woken early by a signal: the request is sent a little early
    }

#pragma warning disable IDE1006 // as the C headers spell them
    [LibraryImport("libc")]
    private static unsafe partial int clock_nanosleep(int clock, int flags, long* until, long* rest);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);
#pragma warning restore IDE1006
}
