// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Linux;
using Wfpatch.Live.Sampling;

namespace Wfpatch.Lab.Experiments.Overheads;

/// <summary>The system call that each thread of a process is in (proc(5), /proc/PID/task/TID/syscall). Nothing is stopped for that.</summary>
internal static class ThreadActivities
{
    internal const string Running = "running";

    /// <summary>By thread; one that ended meanwhile is left out.</summary>
    internal static IReadOnlyDictionary<int, string> Read(int process)
    {
        ProcFs proc = new(process);
        Dictionary<int, string> calls = [];
        foreach (int thread in proc.ReadThreads())
        {
            if (proc.ReadActivity(thread) is { } activity)
            {
                calls[thread] = activity.IsBlocked && activity.Number >= 0 ? CallNames.NameOf(activity.Number) : Running;
            }
        }
        return calls;
    }
}
