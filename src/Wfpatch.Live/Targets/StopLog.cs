// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Live.Targets;

/// <summary>How often and how long threads of the target were stopped.</summary>
public sealed class StopLog
{
    public int Count { get; private set; }

    /// <summary>From asking for the stop to letting go. A thread that has to wait for a processor before it can stop makes this
    /// longer; it would have waited as long for its own work.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>From the thread's standing still to letting go: the part that is our doing alone.</summary>
    public TimeSpan LongestHeld { get; private set; }

    public void Add(TimeSpan sinceAsked, TimeSpan sinceStopped)
    {
        Count++;
        Longest = sinceAsked > Longest ? sinceAsked : Longest;
        LongestHeld = sinceStopped > LongestHeld ? sinceStopped : LongestHeld;
    }
}
