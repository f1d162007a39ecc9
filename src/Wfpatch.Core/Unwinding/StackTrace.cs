// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>A whole stack, from the innermost frame to the proven end. There is no such thing as a part of one.</summary>
public sealed record StackTrace(ImmutableArray<StackFrame> Frames)
{
    /// <summary>True where a frame is within <paramref name="function"/>.</summary>
    public bool Touches(AddressRange function)
    {
        foreach (var frame in Frames)
        {
            if (function.Contains(frame.LookupAddress))
            {
                return true;
            }
        }
        return false;
    }
}
