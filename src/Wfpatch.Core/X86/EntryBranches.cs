// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.X86;

/// <summary>A branch or call by a displacement.</summary>
public readonly record struct DirectBranch(Address From, Address Target);

/// <summary>Looks for branches of a function's own body back into its beginning.</summary>
public static class EntryBranches
{
    /// <summary>A branch back to the first instruction or into the middle of it, or null.</summary>
    public static DirectBranch? Find(ReadOnlyMemory<byte> code, Address entry, int firstLength) =>
        FindInto(code, entry, AddressRange.OfLength(entry, firstLength));

    /// <summary>Of the branches into a range of the function's code the one that leads to the lowest address, or null. A call of the
    /// function by itself is none.</summary>
    public static DirectBranch? FindInto(ReadOnlyMemory<byte> code, Address entry, AddressRange range)
    {
        DirectBranch? lowest = null;
        foreach (var instruction in CodeReader.Decode(code, entry))
        {
            bool branches = instruction.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch;
            bool callsInside = instruction.FlowControl == FlowControl.Call && instruction.NearBranchTarget != entry.Value;
            var target = new Address(instruction.NearBranchTarget);
            if ((branches || callsInside) && range.Contains(target) && !(target >= lowest?.Target))
            {
                lowest = new DirectBranch(new Address(instruction.IP), target);
            }
        }
        return lowest;
    }
}
