// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Loads;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Bench;

/// <summary>The baseline of all that does not stop anybody: how long a target stands still when all its threads are stopped and let go at once.</summary>
internal static class StopTheWorld
{
    private const int SigStop = 19;
    private const int SigCont = 18;

    /// <summary>Microseconds from the signal until the last thread is seen stopped in /proc/PID/task/TID/stat.</summary>
    internal static double MeasureUs(ChildProcess process)
    {
        string[] files = [.. Directory.EnumerateDirectories($"/proc/{process.Id}/task").Select(task => Path.Combine(task, "stat"))];
        long start = MonotonicClock.NowNs;
        process.Signal(SigStop);
        try
        {
            foreach (string file in files)
            {
                while (!IsStopped(file) && MonotonicClock.NowNs - start < 1_000_000_000)
                {
                    Thread.Yield();
                }
            }
            return (MonotonicClock.NowNs - start) / 1000.0;
        }
        finally
        {
            process.Signal(SigCont);
        }
    }

    private static bool IsStopped(string file)
    {
        string stat = File.ReadAllText(file);
        return stat[stat.LastIndexOf(')') + 2] == 'T';
    }
}
