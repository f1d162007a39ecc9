// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects;

/// <summary>
/// A longer first instruction lends its own bytes: redundant prefixes and the low displacement bytes are free to choose
/// (E9Patch, PLDI 2020, tactic T1). All changed bytes lie in one aligned quadword and are written with one store, so that
/// a processor fetches the old instruction or the jump.
/// </summary>
public sealed class FirstInstructionTactic : IRedirectTactic
{
    private const int Quadword = 8;
    private const byte JumpNear = 0xe9;

    public string Name => "first-instruction";

    public IEnumerable<RedirectPlan> Plan(EntryCode entry, AddressSpaceMap space, int trampolineLength)
    {
        int writable = Writable(entry);
        for (int at = 0; at < writable; at++)
        {
            int free = Math.Min(4, writable - (at + 1));
            if (TryPlan(entry, space, trampolineLength, at, free) is { } plan)
            {
                yield return plan;
            }
        }
    }

    private RedirectPlan? TryPlan(EntryCode entry, AddressSpaceMap space, int trampolineLength, int at, int free)
    {
        var bytes = JumpBytes(entry, at);
        var jump = entry.Entry + at;
        var starts = new AddressRange(entry.Places.Start, entry.Places.End - trampolineLength + 1);
        if (Intersect(Reach(jump, bytes.AsSpan(at + 1, 4), free), starts) is not { } reach
            || space.FindPlace(reach, trampolineLength, jump) is not { } place
            || !X86.Displacement.TryCompute(place, jump + 5, out int displacement))
        {
            return null;
        }
        return Build(entry, space, Name, bytes, displacement, trampolineLength);
    }

    /// <summary>The bytes before the displacement, as a jump has them: prefixes without a meaning, and the opcode.</summary>
    /// <param name="at">How many prefixes.</param>
    internal static byte[] JumpBytes(EntryCode entry, int at)
    {
        var bytes = entry.Code[..(at + 5)].ToArray();
        if (!JumpPrefix.IsRedundant(bytes.AsSpan(0, at)))
        {
            bytes.AsSpan(0, at).Fill(JumpPrefix.Filler);
        }
        bytes[at] = JumpNear;
        return bytes;
    }

    /// <summary>The plan with a displacement whose fixed bytes are those that stand there; null where it changes nothing, or disturbs another.</summary>
    internal static RedirectPlan? Build(EntryCode entry, AddressSpaceMap space, string tactic, byte[] bytes, int displacement, int trampolineLength)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(bytes.Length - 4), displacement);
        var write = QuadwordWrite(entry, bytes);
        var jump = entry.Entry + (bytes.Length - 5);
        var plan = new RedirectPlan(entry.Entry, tactic, entry.Code[..entry.FirstLength], write, jump, jump + 5 + displacement, trampolineLength);
        bool changes = !write.Old.Span.SequenceEqual(write.New.Span);
        return changes && !space.Collides(write.Trimmed().Range, plan.Displacement) ? plan : null;
    }

    /// <summary>How many bytes of the first instruction lie in the quadword of its first one.</summary>
    internal static int Writable(EntryCode entry) => Math.Min(entry.FirstLength, Quadword - (int)(entry.Entry.Value % Quadword));

    /// <summary>Where the jump can lead with its low <paramref name="free"/> displacement bytes free and the others fixed; null: beyond all memory.</summary>
    private static AddressRange? Reach(Address jump, Span<byte> displacement, int free)
    {
        if (free == 4)
        {
            return new AddressRange(Address.Zero, Address.UserEnd);
        }
        displacement[..free].Clear();
        var start = jump + 5 + BinaryPrimitives.ReadInt32LittleEndian(displacement);
        // A fixed displacement that leads below address 0 wraps to the top of the address space.
        return start > Address.UserEnd ? null : new AddressRange(start, start + (1L << (8 * free)));
    }

    private static AddressRange? Intersect(AddressRange? a, AddressRange b) => a is { } range && range.Overlaps(b)
        ? new AddressRange(range.Start > b.Start ? range.Start : b.Start, range.End < b.End ? range.End : b.End)
        : null;

    private static EntryWrite QuadwordWrite(EntryCode entry, ReadOnlySpan<byte> jumpBytes)
    {
        int before = (int)(entry.Entry.Value % Quadword);
        // The bytes before the entry in the same quadword are not known here: the write starts at the entry and the writer
        // completes the quadword from memory.
        int length = Math.Min(entry.FirstLength, Quadword - before);
        var old = entry.Code[..length];
        var changed = old.ToArray();
        jumpBytes[..Math.Min(length, jumpBytes.Length)].CopyTo(changed);
        return new EntryWrite(entry.Entry, old, changed);
    }
}
