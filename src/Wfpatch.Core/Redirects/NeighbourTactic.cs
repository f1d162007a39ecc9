// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Numerics;
using Iced.Intel;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.X86;

namespace Wfpatch.Core.Redirects;

/// <summary>
/// No instruction near the entry lends its bytes to a jump there: so the entry becomes a short jump, of two bytes, into the middle of another instruction of the function,
/// which is evicted for it (E9Patch, PLDI 2020, tactic T3). The evicted instruction becomes a jump to a copy of itself, and among its bytes stands a second
/// jump, to the trampoline. Nothing but the entry leads to that one. Each of the two writes is made within one instruction and one aligned quadword, the evicted one first.
/// </summary>
internal static class NeighbourTactic
{
    public const string Name = "neighbour";

    private const byte JumpNear = 0xe9, JumpShort = 0xeb;
    private const int ShortLength = 2, NearLength = NearJump.Length;

    /// <summary>Ways of filling an instruction's free bytes that are tried, and plans that are looked at.</summary>
    private const int Tries = 512, Plans = 8;

    /// <param name="body">The function's own code.</param>
    public static IEnumerable<RedirectPlan> Plan(EntryCode entry, ReadOnlyMemory<byte> body, AddressSpaceMap space, int trampolineLength, RedirectMeans means)
    {
        if (entry.FirstTarget is { } target && target < entry.Entry + Math.Min(ShortLength, entry.FirstLength))
        {
            return [];
        }
        var reached = ReachedCode.Find(body, entry.Entry, entry.Entry + (ShortLength + sbyte.MaxValue));
        return reached.Values
            .Where(i => IsEvictable(i, entry, body, reached, means))
            .SelectMany(i => Plan(entry, new EntryCode(new Address(i.IP), entry.Code[Offset(i, entry)..], i.Length, RedirectPlanner.Places(new Address(i.IP), i, default)), i, space, trampolineLength))
            .Take(Plans);
    }

    /// <summary>Whether it can be moved, and no thread comes into the middle of it.</summary>
    private static bool IsEvictable(Instruction instruction, EntryCode entry, ReadOnlyMemory<byte> body, SortedDictionary<Address, Instruction> reached, RedirectMeans means)
    {
        int offset = Offset(instruction, entry);
        var (start, end) = (new Address(instruction.IP), new Address(instruction.NextIP));
        return offset >= entry.FirstLength && offset + instruction.Length + NearLength <= entry.Code.Length
            && reached.Values.All(i => i.IP == instruction.IP || i.NextIP <= start.Value || i.IP >= end.Value)
            && EntryBranches.FindInto(body, entry.Entry, new AddressRange(start + 1, end)) is null
            && RedirectPlanner.Allows(means, instruction)
            && RelocatedInstruction.Move(instruction, entry.Code.Span[offset..], start).Obstacle == RelocationObstacle.None;
    }

    private static int Offset(in Instruction instruction, EntryCode entry) => (int)(new Address(instruction.IP) - entry.Entry);

    private static IEnumerable<RedirectPlan> Plan(EntryCode entry, EntryCode evicted, Instruction instruction, AddressSpaceMap space, int trampolineLength)
    {
        var first = X86.CodeReader.DecodeFirst(entry.Code.Span, entry.Entry)!.Value;
        int writable = FirstInstructionTactic.Writable(evicted);
        // What a call returns to is looked up by its last byte (Unwinding/Unwinder), where the row of the entry holds if a jump begins there.
        int end = instruction.FlowControl is FlowControl.Call or FlowControl.IndirectCall ? Math.Min(writable, instruction.Length - 1) : writable;
        for (int at = 1; at < end; at++)
        {
            if (ShortJump(entry, evicted.Entry + at) is not { } write)
            {
                continue;
            }
            foreach (byte[] bytes in Fillings(evicted, writable, at))
            {
                if (Evict(evicted, instruction, bytes, writable, space) is { } pass && Redirect(entry, evicted.Entry + at, bytes.AsSpan(at + 1), write, trampolineLength) is { } plan
                    && IsFree(plan, pass, space) && RedirectPlanner.CanContinue(plan, first))
                {
                    yield return plan with { Evicted = pass };
                }
            }
        }
    }

    /// <summary>The write that makes the entry a short jump; null: it does not reach, or its second byte, which belongs to another instruction, leads elsewhere.</summary>
    private static EntryWrite? ShortJump(EntryCode entry, Address to)
    {
        long displacement = to - (entry.Entry + ShortLength);
        int length = FirstInstructionTactic.Writable(entry);
        if (displacement is < sbyte.MinValue or > sbyte.MaxValue || (length < ShortLength && (sbyte)entry.Code.Span[1] != displacement))
        {
            return null;
        }
        var old = entry.Code[..length];
        byte[] changed = old.ToArray();
        changed[0] = JumpShort;
        if (length >= ShortLength)
        {
            changed[1] = (byte)displacement;
        }
        return changed.AsSpan().SequenceEqual(old.Span) ? null : new EntryWrite(entry.Entry, old, changed);
    }

    /// <summary>The instruction's bytes and those behind it, with a jump at its beginning and one at an offset; what is free in it, spread over its range.</summary>
    private static IEnumerable<byte[]> Fillings(EntryCode evicted, int writable, int second)
    {
        const ulong GoldenRatio = 0x9e37_79b9_7f4a_7c15; // of 2^64: its multiples are spread evenly, and those of its lowest byte are all bytes
        var free = Enumerable.Range(1, Math.Min(writable, second + NearLength) - 1).Where(i => i != second && (i < NearLength || i > second)).ToArray();
        int count = free.Length switch { 0 => 1, 1 => 256, _ => Tries };
        for (int i = 0; i < count; i++)
        {
            byte[] bytes = evicted.Code[..(evicted.FirstLength + NearLength)].ToArray();
            (bytes[0], bytes[second]) = (JumpNear, JumpNear);
            ulong value = (ulong)(i + 1) * GoldenRatio;
            foreach (int at in free)
            {
                bytes[at] = (byte)value;
                value = BitOperations.RotateRight(value, 8);
            }
            yield return bytes;
        }
    }

    private static RedirectPlan? Evict(EntryCode evicted, in Instruction instruction, byte[] bytes, int writable, AddressSpaceMap space)
    {
        var copy = evicted.Entry + NearLength + BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(1));
        var write = new EntryWrite(evicted.Entry, evicted.Code[..writable], bytes.AsMemory(0, writable));
        var plan = new RedirectPlan(evicted.Entry, Name, evicted.Code[..evicted.FirstLength], write, evicted.Entry, copy, PassTrampoline.Length);
        return evicted.Places.Contains(plan.TrampolineRange) && space.CanHold(plan.TrampolineRange) && !space.Collides(plan)
            && RedirectPlanner.CanContinue(plan, instruction)
            ? plan
            : null;
    }

    private static RedirectPlan? Redirect(EntryCode entry, Address jump, ReadOnlySpan<byte> displacement, EntryWrite write, int trampolineLength)
    {
        var trampoline = jump + NearLength + BinaryPrimitives.ReadInt32LittleEndian(displacement);
        var plan = new RedirectPlan(entry.Entry, Name, entry.Code[..entry.FirstLength], write, jump, trampoline, trampolineLength);
        return entry.Places.Contains(plan.TrampolineRange) ? plan : null;
    }

    private static bool IsFree(RedirectPlan plan, RedirectPlan evicted, AddressSpaceMap space) =>
        space.CanHold(plan.TrampolineRange) && !plan.TrampolineRange.Overlaps(evicted.TrampolineRange) && !space.Collides(plan);
}
