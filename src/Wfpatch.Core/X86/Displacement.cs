// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.X86;

/// <summary>The rel32 of jumps, calls and RIP-relative operands.</summary>
public static class Displacement
{
    /// <param name="target">Where it shall lead.</param>
    /// <param name="next">The address of the byte after the instruction.</param>
    public static bool TryCompute(Address target, Address next, out int displacement)
    {
        long distance = target - next;
        displacement = (int)distance;
        return distance == displacement;
    }
}
