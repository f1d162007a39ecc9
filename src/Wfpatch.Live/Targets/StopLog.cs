// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Live.Targets;

/// <summary>How often and how long threads of the target were stopped.</summary>
public sealed class StopLog
{
    public int Count { get; private set; }

    public TimeSpan Longest { get; private set; }

    public TimeSpan Total { get; private set; }

    public void Add(TimeSpan duration)
    {
        Count++;
        Total += duration;
        Longest = duration > Longest ? duration : Longest;
    }
}
