// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Live.Targets;

/// <summary>How often and how long threads of the target were stopped.</summary>
public sealed class StopLog
{
    /// <summary>Of more stops than that only count and maxima are kept.</summary>
    public const int MostKept = 1000;

    private readonly TimeSpan[] _held = new TimeSpan[MostKept];

    public int Count { get; private set; }

    /// <summary>How long the thread stood still in each of the first <see cref="MostKept"/> stops, in their order.</summary>
    public ImmutableArray<TimeSpan> Held => [.. _held.AsSpan(0, Math.Min(Count, MostKept))];

    /// <summary>From asking for the stop to letting go. A thread that has to wait for a processor before it can stop makes this
    /// longer; it would have waited as long for its own work.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>From the thread's standing still to letting go: the part that is our doing alone.</summary>
    public TimeSpan LongestHeld { get; private set; }

    /// <summary>Allocates nothing.</summary>
    public void Add(TimeSpan sinceAsked, TimeSpan sinceStopped)
    {
        if (Count < MostKept)
        {
            _held[Count] = sinceStopped;
        }
        Count++;
        Longest = sinceAsked > Longest ? sinceAsked : Longest;
        LongestHeld = sinceStopped > LongestHeld ? sinceStopped : LongestHeld;
    }
}
