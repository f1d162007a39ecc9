// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Live.Linux;

/// <summary>
/// A list of threads in which none is missing that lived all the time. The kernel walks from one thread to the next; where the one that it stands at ends, it goes
/// on by counting from the first, and leaves out the one that has moved up (next_tid and first_tid, fs/proc/base.c). So whoever was left out comes behind one
/// that is in the list and has ended: a list whose threads are all in the next one is whole.
/// </summary>
public static class WholeListing
{
    /// <summary>Each costs two lists more at most. Threads that end faster than that one after the other: what was seen at all must do.</summary>
    private const int MostTries = 100;

    /// <summary>Lists until a list is whole.</summary>
    /// <param name="list">Lists the threads once, in the kernel's order.</param>
    public static ImmutableArray<int> Read(Func<ImmutableArray<int>> list)
    {
        var before = list();
        for (int i = 0; ; i++)
        {
            var now = list();
            var alive = now.ToHashSet();
            if (before.All(alive.Contains))
            {
                return now;
            }
            if (i == MostTries)
            {
                return [.. before.Union(now)];
            }
            before = now;
        }
    }
}
