// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.X86;

/// <summary>Looks for branches of a function's own body back into its first instruction: a loop whose head is the entry.
/// There the flags may be alive, and a changed byte may be in the middle of what is jumped to.</summary>
public static class EntryBranches
{
    /// <returns>The address of such a branch, or null.</returns>
    public static Address? Find(ReadOnlyMemory<byte> code, Address entry, int firstLength)
    {
        return FindInto(code, entry, AddressRange.OfLength(entry, firstLength));
    }

    /// <summary>The same for a later range of the function's code.</summary>
    public static Address? FindInto(ReadOnlyMemory<byte> code, Address entry, AddressRange range)
    {
        foreach (var instruction in CodeReader.Decode(code, entry))
        {
            bool branches = instruction.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch;
            bool callsInside = instruction.FlowControl == FlowControl.Call && instruction.NearBranchTarget != entry.Value;
            if ((branches || callsInside) && range.Contains(new Address(instruction.NearBranchTarget)))
            {
                return new Address(instruction.IP);
            }
        }
        return null;
    }
}
