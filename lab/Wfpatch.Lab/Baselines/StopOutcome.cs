// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Baselines;

/// <summary>What came of stopping all threads once.</summary>
internal enum StopVerdict
{
    /// <summary>Nobody was in the way, and all was written.</summary>
    Written = 0,

    /// <summary>A thread was where it must not be.</summary>
    ThreadInside = 1,

    /// <summary>A stack could not be unwound, so that nobody knows.</summary>
    StackUnknown = 2,

    /// <summary>A thread came while they were stopped.</summary>
    ThreadsChanged = 3,

    /// <summary>A thread did not stop, or the memory could not be written.</summary>
    NotStopped = 4,

    /// <summary>Nobody was stopped: a thread was in a call that a stop would disturb.</summary>
    NotNow = 5,
}

/// <param name="Thread">The one in the way; 0: none.</param>
/// <param name="Held">How many stood still.</param>
/// <param name="Waited">From asking the first one to stop until all had been let go.</param>
internal readonly record struct StopOutcome(StopVerdict Verdict, int Thread, int Held, TimeSpan Waited);
