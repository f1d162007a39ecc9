// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.X86;

/// <summary>
/// The instructions of a function that a thread may come to from its entry, by going on and by direct branches. What stands behind a call, a return or an indirect
/// jump, and is not branched to, is left out: it may be data.
/// </summary>
public static class ReachedCode
{
    /// <summary>In the order of their addresses. Those that another one begins in the middle of are among them.</summary>
    /// <param name="code">The function's own bytes.</param>
    /// <param name="end">No instruction is looked for from there on.</param>
    public static SortedDictionary<Address, Instruction> Find(ReadOnlyMemory<byte> code, Address entry, Address end)
    {
        var found = new SortedDictionary<Address, Instruction>();
        var open = new Stack<Address>([entry]);
        var limit = entry + code.Length < end ? entry + code.Length : end;
        while (open.TryPop(out var at))
        {
            while (at >= entry && at < limit && !found.ContainsKey(at) && CodeReader.DecodeFirst(code.Span[(int)(at - entry)..], at) is { } instruction)
            {
                found.Add(at, instruction);
                if (instruction.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch)
                {
                    open.Push(new Address(instruction.NearBranchTarget));
                }
                if (instruction.FlowControl is not (FlowControl.Next or FlowControl.ConditionalBranch))
                {
                    break;
                }
                at = new Address(instruction.NextIP);
            }
        }
        return found;
    }
}
