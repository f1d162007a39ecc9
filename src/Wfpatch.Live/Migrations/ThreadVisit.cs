// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Live.Migrations;

public enum VisitResult
{
    Migrated,
    Ended,

    /// <summary>Old code is on its stack.</summary>
    Busy,

    /// <summary>It is in a request that began before; the frame is the one with the explicit point.</summary>
    InRequest,

    /// <summary>Its stack could not be unwound to the end: it counts as busy.</summary>
    Unreliable,

    /// <summary>Another tracer has it.</summary>
    Traced,

    /// <summary>It has no control block of glibc's.</summary>
    NoControlBlock,

    /// <summary>The kernel did not let it go over just now.</summary>
    NotNow,
}

/// <summary>What came of stopping one thread for a moment.</summary>
/// <param name="Verdict">Where old code was met, for Busy.</param>
/// <param name="Unwinding">Why the stack was no complete trace, for Unreliable.</param>
/// <param name="At">The instruction that the blocking frame is in.</param>
public readonly record struct ThreadVisit(VisitResult Result, StackVerdict Verdict, UnwindOutcome Unwinding, Address At)
{
    /// <summary>For Busy: it migrates itself when it returns from the outermost frame of old code.</summary>
    public bool IsHooked { get; init; }

    /// <summary>It has got a grant: unless it migrated here, it does so itself at its next point.</summary>
    public bool IsGranted { get; init; }
}
