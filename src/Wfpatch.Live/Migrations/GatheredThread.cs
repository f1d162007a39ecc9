// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Migrations;

internal enum GatheredState
{
    /// <summary>Not held.</summary>
    Away,

    /// <summary>It was asked to stop, and has not stopped in time: it is let go when it does.</summary>
    Late,
    Held,

    /// <summary>It was held in vain.</summary>
    Released,

    /// <summary>It went over.</summary>
    Moved,

    /// <summary>Nobody holds it, and it is looked at no more unless it is listed as alive.</summary>
    Ended,

    /// <summary>A thread of the kernel's own: it runs none of the program's code, and is left alone.</summary>
    OfKernel,
}

/// <summary>A thread that shall be held with all others. A value in a table, so that nothing is allocated for one that is found meanwhile.</summary>
internal record struct GatheredThread(int Id, Address ControlBlock)
{
    public GatheredState State { get; set; }

    /// <summary>How often it was missing.</summary>
    public int Misses { get; set; }

    /// <summary>How long it had slept when that was last measured, and when that was.</summary>
    public TimeSpan Asleep { get; set; }

    public long MeasuredAt { get; set; }

    /// <summary>By which it is seen that it still sleeps the same sleep.</summary>
    public long Sleeps { get; set; }

    public bool IsRunning { get; set; }

    /// <summary>How often it had been given a processor when it was looked at in vain. 0: not known.</summary>
    public long Runs { get; set; }

    /// <summary>What came of stopping it last.</summary>
    public ThreadVisit Visit { get; set; }

    /// <summary>It was not stopped: it is in a call that must not be disturbed, or in an uninterruptible wait.</summary>
    public bool IsUntouchable { get; set; }

    public ThreadActivity Activity { get; set; }
}
