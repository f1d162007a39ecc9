// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Core.Quiescence;

/// <summary>
/// Whether a blocked thread of a program with explicit points is in the middle of a request. The function with the point, its
/// loop, is on its stack either way. Blocked in a call that the loop itself makes, it is between two requests; with another
/// function of the program above the loop, it is in one. Allocates nothing.
/// </summary>
/// <param name="Loops">Functions with a point.</param>
/// <param name="Program">All code of the objects that have points, and of patches.</param>
public sealed record RequestFrames(AddressRange[] Loops, AddressRange[] Program)
{
    public static readonly RequestFrames None = new([], []);

    /// <summary>The number of the frame in the loop that the request came from, or -1.</summary>
    /// <param name="frames">The whole stack, the innermost frame first.</param>
    public int FindLoop(ReadOnlySpan<StackFrame> frames)
    {
        bool isAboveLoop = false;
        for (int frame = 0; frame < frames.Length && Loops.Length > 0; frame++)
        {
            var at = frames[frame].LookupAddress;
            if (IsIn(Loops, at))
            {
                return isAboveLoop ? frame : -1;
            }
            isAboveLoop |= IsIn(Program, at);
        }
        return -1;
    }

    private static bool IsIn(AddressRange[] ranges, Address at)
    {
        foreach (var range in ranges)
        {
            if (range.Contains(at))
            {
                return true;
            }
        }
        return false;
    }
}
