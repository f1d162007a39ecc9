// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Globalization;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Obstacles;

/// <summary>
/// Finds another process that runs in the target's memory. For the child of a vfork, up to its exec, a thread of the target waits, which is
/// not migrated meanwhile; of any other such process nobody knows when it has left the old code.
/// </summary>
public static class SharedMemory
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(200);

    public static Refusal? Find(Target target)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            // Of a main thread that has ended the kernel knows no memory.
            int own = target.Proc.ReadThreads().FirstOrDefault(target.Process);
            var sharers = Directory.EnumerateDirectories("/proc")
                .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0)
                .Where(id => id > 0 && id != target.Process && target.Linux.ShareMemory(own, id))
                .ToList();
            int lent = sharers.Count == 0 ? 0 : target.Proc.ReadThreads().Count(t => target.Proc.ReadActivity(t) is { IsBlocked: true } a && SyscallRestart.LendsMemory(a.Number));
            if (sharers.Count <= lent)
            {
                return null;
            }
            if (clock.Elapsed > Limit)
            {
                return TargetRefusals.MemoryShared.About($"process {sharers[0]}", $"Process {sharers[0]} runs in the memory of process {target.Process}, and would run the changed code without being looked after.");
            }
            Thread.Sleep(1);
        }
    }
}
