// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>How an unwinding ended, as a value without allocation.</summary>
/// <param name="Reason">None for a complete trace.</param>
/// <param name="ProgramCounter">Where it failed; for a complete trace the outermost frame's.</param>
/// <param name="Depth">The number of the frame in which it failed or ended, from 0 for the innermost.</param>
public readonly record struct UnwindOutcome(UnwindFailureReason Reason, Address ProgramCounter, int Depth)
{
    public bool IsComplete => Reason == UnwindFailureReason.None;
}
