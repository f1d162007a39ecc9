// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>
/// Since when a blocked thread sleeps: /proc/PID/task/TID/sched tells the scheduler's time at which it last ran
/// (se.exec_start, milliseconds; CONFIG_SCHED_DEBUG, which Debian has). Now in the same clock is what our own thread shows
/// just after it was scheduled.
/// </summary>
public static class SleepClock
{
    /// <summary>How long the thread has been asleep, with the count of its voluntary switches by which it can be told that it
    /// still is; null where the kernel does not show it.</summary>
    public static (TimeSpan Asleep, long Switches)? Read(int process, int thread)
    {
        if (ReadTimes(process, thread) is not { } sleeper)
        {
            return null;
        }
        _ = NativeMethods.SchedYield();
        return ReadTimes(Environment.ProcessId, NativeMethods.GetTid()) is { } now
            ? (TimeSpan.FromMilliseconds(Math.Max(0, now.LastRan - sleeper.LastRan)), sleeper.Switches)
            : null;
    }

    private static (double LastRan, long Switches)? ReadTimes(int process, int thread)
    {
        try
        {
            double? lastRan = null;
            foreach (string line in File.ReadLines($"/proc/{process}/task/{thread}/sched"))
            {
                if (line.StartsWith("se.exec_start", StringComparison.Ordinal))
                {
                    lastRan = double.Parse(line[(line.IndexOf(':') + 1)..], CultureInfo.InvariantCulture);
                }
                else if (line.StartsWith("nr_voluntary_switches", StringComparison.Ordinal) && lastRan is { } ran)
                {
                    return (ran, long.Parse(line[(line.IndexOf(':') + 1)..], CultureInfo.InvariantCulture));
                }
            }
        }
        catch (IOException)
        {
            // The thread has ended, or the kernel has no such file: no time is known.
        }
        return null;
    }
}
