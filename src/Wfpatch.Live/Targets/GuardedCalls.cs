// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.X86;

namespace Wfpatch.Live.Targets;

/// <summary>The places in the C library where threads are blocked in calls that end with EINTR when a thread is stopped.</summary>
public static class GuardedCalls
{
    private const int CodeLimit = 1 << 16;

    /// <summary>Each with other functions of the library that lead to it.</summary>
    private static readonly (string Name, string[] Others)[] Wrappers =
        [("epoll_wait", []), ("epoll_pwait", []), ("epoll_pwait2", []), ("semop", []), ("semtimedop", []), ("sigtimedwait", ["sigwait", "sigwaitinfo"])];

    /// <summary>Each site with its error path's range, up to the function's end; of functions that the program or a library imports.</summary>
    public static IEnumerable<(SyscallSite Site, AddressRange ErrorPath)> Find(IReadOnlyList<LoadedObject> objects, IMemory memory)
    {
        var library = objects.FirstOrDefault(o => o.Image.FindDynamicSymbols("gnu_get_libc_version").Any(s => s.IsDefined));
        if (library?.UnwindTable is not { } table)
        {
            yield break;
        }
        // A guard takes a page or two of the target: none for calls that nobody makes.
        foreach (string name in Wrappers.Where(w => w.Others.Append(w.Name).Any(n => IsImported(n, objects))).Select(w => w.Name))
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

    private static bool IsImported(string name, IReadOnlyList<LoadedObject> objects) =>
        objects.Any(o => o.Image.FindDynamicSymbols(name).Any(s => !s.IsDefined));
}
