// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Core.Quiescence;

/// <summary>Whether a stopped thread is in code that a transition replaces. Allocates nothing.</summary>
/// <param name="OldCode">The index of the old code it is in, or -1.</param>
/// <param name="Frame">The number of the frame, 0 the innermost.</param>
public readonly record struct StackVerdict(int OldCode, int Frame)
{
    /// <summary>No frame is in old code.</summary>
    public bool IsQuiescent => OldCode < 0;

    /// <summary>The number of the outermost frame in old code, or -1: when the thread has returned from it, none is left on its stack.</summary>
    public static int FindOutermost(ReadOnlySpan<StackFrame> frames, ReadOnlySpan<AddressRange> oldCode)
    {
        for (int frame = frames.Length - 1; frame >= 0; frame--)
        {
            if (!Decide(frames.Slice(frame, 1), oldCode).IsQuiescent)
            {
                return frame;
            }
        }
        return -1;
    }

    public static StackVerdict Decide(ReadOnlySpan<StackFrame> frames, ReadOnlySpan<AddressRange> oldCode)
    {
        for (int frame = 0; frame < frames.Length; frame++)
        {
            var at = frames[frame].LookupAddress;
            for (int i = 0; i < oldCode.Length; i++)
            {
                if (oldCode[i].Contains(at))
                {
                    return new(i, frame);
                }
            }
        }
        return new(-1, -1);
    }
}
