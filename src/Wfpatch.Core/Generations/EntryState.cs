// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;

namespace Wfpatch.Core.Generations;

/// <summary>A function whose beginning is a jump to new code in views of the address space (<see cref="EntryJump"/>). In the kernel's generation 0 it is as it was.</summary>
/// <param name="Function">The original code.</param>
/// <param name="Old">What stands there in generation 0: as many bytes as the jump has.</param>
public sealed record EntryState(string Name, AddressRange Function, ReadOnlyMemory<byte> Old)
{
    public Address Entry => Function.Start;

    /// <summary>What the jump takes the place of.</summary>
    public AddressRange Range => AddressRange.OfLength(Entry, Old.Length);
}
