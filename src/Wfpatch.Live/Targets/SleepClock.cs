// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>
/// Since when a blocked thread sleeps: /proc/PID/task/TID/sched tells the scheduler's time at which it last ran
/// (se.exec_start, milliseconds; CONFIG_SCHED_DEBUG, which Debian has). Now in the same clock is what our own thread shows
/// just after it was scheduled, on the same processor: each has a clock of its own, which stands still while the processor
/// serves interrupts or another virtual machine, and two of them were seen 100 ms apart. The time found is therefore never
/// longer than the true one, and shorter only by such moments.
/// </summary>
public static class SleepClock
{
    private const int ProcessorField = 39; // proc_pid_stat(5)

    /// <summary>How long the thread has been asleep; null where the kernel does not show it.</summary>
    public static TimeSpan? Read(int process, int thread)
    {
        var before = NativeMethods.GetAffinity();
        if (before is null || ReadProcessor(process, thread) is not { } processor || !NativeMethods.SetAffinity(processor))
        {
            return null;
        }
        try
        {
            double? sleeper = ReadLastRun(process, thread);
            _ = NativeMethods.SchedYield();
            double? now = ReadLastRun(Environment.ProcessId, NativeMethods.GetTid());
            return now is null || sleeper is null || ReadProcessor(process, thread) != processor
                ? null
                : TimeSpan.FromMilliseconds(Math.Max(0, now.Value - sleeper.Value));
        }
        finally
        {
            NativeMethods.SetAffinity(before);
        }
    }

    private static double? ReadLastRun(int process, int thread)
    {
        const string Field = "se.exec_start";
        string? line = ReadText($"/proc/{process}/task/{thread}/sched")?.Split('\n').FirstOrDefault(l => l.StartsWith(Field, StringComparison.Ordinal));
        return line is null ? null : double.Parse(line[(line.IndexOf(':') + 1)..], CultureInfo.InvariantCulture);
    }

    private static int? ReadProcessor(int process, int thread)
    {
        string? text = ReadText($"/proc/{process}/task/{thread}/stat");
        // The name is in parentheses and may hold anything; the third field follows the last of them.
        var fields = text?[(text.LastIndexOf(')') + 2)..].Split(' ');
        return fields is { Length: > ProcessorField - 3 } ? int.Parse(fields[ProcessorField - 3], CultureInfo.InvariantCulture) : null;
    }

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // the thread has ended, or the kernel has no such file
        }
    }
}
