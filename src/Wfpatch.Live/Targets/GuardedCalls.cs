// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.X86;

namespace Wfpatch.Live.Targets;

/// <summary>The places in the C library where threads are blocked in calls that end with EINTR when a thread is stopped.</summary>
public static class GuardedCalls
{
    private const int CodeLimit = 1 << 16;

    private static readonly string[] Wrappers = ["epoll_wait", "epoll_pwait", "epoll_pwait2", "semop", "semtimedop", "sigtimedwait"];

    /// <summary>Each site with its error path's range, up to the function's end.</summary>
    public static IEnumerable<(SyscallSite Site, AddressRange ErrorPath)> Find(IEnumerable<LoadedObject> objects, IMemory memory)
    {
        var library = objects.FirstOrDefault(o => o.Image.FindDynamicSymbols("gnu_get_libc_version").Any(s => s.IsDefined));
        if (library?.UnwindTable is not { } table)
        {
            yield break;
        }
        foreach (string name in Wrappers)
        {
            foreach (var symbol in library.Image.FindDynamicSymbols(name).Where(s => s.IsDefined))
            {
                if (!table.TryFind(library.Image.ToMemory(symbol.Value), out var function)
                    || memory.Read(function.Start, (int)Math.Min(function.Length, CodeLimit)) is not { } code)
                {
                    continue;
                }
                foreach (var site in SyscallSite.Find(code, function.Start).Where(s => SyscallRestart.EndsWhenStopped(s.Number) && function.Contains(s.ErrorPath)))
                {
                    yield return (site, new AddressRange(site.ErrorPath, function.End));
                }
            }
        }
    }
}
