// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.X86;

namespace Wfpatch.Core.Redirects;

/// <summary>Looks for what may lead into a range of code, other than the direct branches of the function itself (<see cref="Approaches"/>); null: nothing does.</summary>
/// <param name="function">Whose direct branches are known.</param>
public delegate Address? BranchSearch(AddressRange into, AddressRange function);

/// <summary>
/// Last resort: a jump that takes the place of several instructions, written while all threads are stopped outside of them.
/// It goes wherever there is room. What it takes the place of is executed in its trampoline; the jump stays there for ever, a
/// revert selects the copy. Nothing may come into the middle of it: no branch of the function, nothing from elsewhere, no return.
/// </summary>
internal static class StopTactic
{
    public const string Name = "stop";

    private const int JumpLength = NearJump.Length;

    /// <param name="body">The function's own code.</param>
    /// <returns>A plan; or null, with what may lead into its bytes where that is the reason.</returns>
    public static (RedirectPlan? Plan, Address? Approach) Plan(
        EntryCode entry, AddressRange function, ReadOnlyMemory<byte> body, AddressSpaceMap space, int trampolineLength, RedirectMeans means, BranchSearch branches)
    {
        if (FindDisplaced(entry, body, means) is not { } displaced || !StaysWhole(entry.Entry, displaced.Length, body))
        {
            return default;
        }
        if (branches(new AddressRange(entry.Entry + 1, entry.Entry + displaced.Length), function) is { } approach)
        {
            return (null, approach);
        }
        int length = trampolineLength + PassBlock.LengthOfCopies(displaced, entry.Entry);
        var starts = new AddressRange(entry.Places.Start, entry.Places.End - length + 1);
        foreach (var near in (Address[])[entry.Entry, starts.Start, starts.End])
        {
            if (space.FindPlace(starts, length, near) is { } place && Build(entry, displaced, place, length) is { } plan
                && !space.Collides(plan.Write.Range, plan.Displacement))
            {
                return (plan, null);
            }
        }
        return default;
    }

    /// <summary>The instructions that the jump takes the place of; null where one of them cannot be moved, or would be returned into.</summary>
    private static ReadOnlyMemory<byte>? FindDisplaced(EntryCode entry, ReadOnlyMemory<byte> body, RedirectMeans means)
    {
        int length = 0;
        foreach (var instruction in X86.CodeReader.Decode(body, entry.Entry))
        {
            bool canMove = RedirectPlanner.Allows(means, instruction)
                && RelocatedInstruction.Move(instruction, entry.Code.Span[length..], entry.Entry + length).Obstacle == RelocationObstacle.None;
            length += instruction.Length;
            bool returnsInto = instruction.FlowControl is FlowControl.Call or FlowControl.IndirectCall && length < JumpLength;
            if (!canMove || returnsInto || length > body.Length)
            {
                return null;
            }
            if (length >= JumpLength)
            {
                return entry.Code[..length];
            }
        }
        return null;
    }

    /// <summary>One page, so that it is written at once whatever happens to the writer; and no branch of its own leads into it.</summary>
    private static bool StaysWhole(Address entry, int length, ReadOnlyMemory<byte> body) =>
        entry.PageStart == (entry + (JumpLength - 1)).PageStart && EntryBranches.FindInto(body, entry, new AddressRange(entry + 1, entry + length)) is null;

    private static RedirectPlan? Build(EntryCode entry, ReadOnlyMemory<byte> displaced, Address place, int length)
    {
        if (!X86.Displacement.TryCompute(place, entry.Entry + JumpLength, out _)
            || !X86.Displacement.TryCompute(entry.Entry, place + length, out _)
            || PassBlock.TryEncodeCopies(displaced, entry.Entry, place + length - PassBlock.LengthOfCopies(displaced, entry.Entry)) is null)
        {
            return null;
        }
        var write = new EntryWrite(entry.Entry, displaced[..JumpLength], NearJump.Encode(entry.Entry, place));
        return new RedirectPlan(entry.Entry, Name, displaced, write, entry.Entry, place, length);
    }
}
