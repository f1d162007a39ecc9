// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Live.Controllers;

/// <summary>
/// One command on several processes, one after another. Processes may appear meanwhile: a worker that was forked before its parent
/// was patched is found when the list is taken again, one that was forked later carries the patch already. So the list is
/// taken until it holds nobody who is not known.
/// </summary>
public static class ProcessSet
{
    /// <summary>In a program that makes processes all the time there is always one more. All that were there before the last round
    /// began are done.</summary>
    private const int MostRounds = 50;

    /// <summary>The results in the order in which processes were found, and whether the list came to rest.</summary>
    public static (ImmutableArray<(int Process, T Result)> Results, bool IsStable) Run<T>(Func<ImmutableArray<int>> find, Func<int, T> command)
    {
        var results = ImmutableArray.CreateBuilder<(int, T)>();
        HashSet<int> known = [];
        for (int round = 0; round < MostRounds; round++)
        {
            var next = find().Where(known.Add).ToList();
            if (next.Count == 0)
            {
                return (results.ToImmutable(), true);
            }
            foreach (int process in next)
            {
                results.Add((process, command(process)));
            }
        }
        return (results.ToImmutable(), false);
    }
}
