// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Unwinding;
using Wfpatch.Core.X86;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>
/// What the target's own unwinder is shown of trampolines: a frame index (Linking/FrameIndex has its form) with call frame information
/// for each. In a trampoline the stack looks as it does before the instruction that it stands for, and behind the moved copy of that
/// instruction as behind the original. Copies of several instructions, and what a hook does for canaries, are not described.
/// </summary>
public static class TrampolineFrames
{
    private const int HeadSize = 32, EntrySize = 24;

    // LSB 5, 10.6.1; DWARF 5, 6.4.2. Addresses are absolute quadwords.
    private static readonly byte[] CommonEntry =
    [
        20, 0, 0, 0, 0, 0, 0, 0,
        1, (byte)'z', (byte)'R', 0, 1, 0x78, 16, 1, 0,
        0x0c, 7, 8,  // DW_CFA_def_cfa rsp, 8
        0x80 | 16, 1, // DW_CFA_offset, return address, at -8
        0, 0,
    ];

    /// <param name="Pass">Where the moved instruction stands, from the trampoline's start.</param>
    /// <param name="Length">How much of the trampoline is described, from its start.</param>
    public readonly record struct Shape(RedirectPlan Plan, int Pass, int Length);

    /// <summary>The shapes of everything that a plan brought: a trampoline and those of the instructions that were evicted for it.</summary>
    public static IEnumerable<Shape> ShapesOf(RedirectPlan plan, int pass, int length) =>
        [new(plan, pass, length), .. plan.All.SkipLast(1).Select(p => new Shape(p, 0, PassTrampoline.Length))];

    /// <summary>The index as bytes, null where there is nothing to describe. Their number does not depend on where they shall stand.</summary>
    /// <param name="rowAt">The rules at an instruction of the program; null: not known.</param>
    /// <param name="at">A multiple of eight.</param>
    /// <param name="next">The index behind it.</param>
    public static byte[]? Build(IEnumerable<Shape> trampolines, Func<Address, FrameRow?> rowAt, Address at, Address next)
    {
        var described = trampolines.Select(t => (t.Plan.Trampoline, t.Length, Rules: RulesOf(t, rowAt))).Where(t => t.Rules is not null).OrderBy(t => t.Trampoline).ToList();
        if (described.Count == 0)
        {
            return null;
        }
        int commonAt = HeadSize + (EntrySize * described.Count);
        var bytes = new List<byte>();
        bytes.AddRange(Quadwords(next.Value, described[0].Trampoline.Value, (described[^1].Trampoline + described[^1].Length).Value, (ulong)described.Count));
        int entryAt = commonAt + CommonEntry.Length;
        foreach (var (start, length, rules) in described)
        {
            bytes.AddRange(Quadwords(start.Value, (start + length).Value, (at + entryAt).Value));
            entryAt += EntryLength(rules!);
        }
        bytes.AddRange(CommonEntry);
        foreach (var (start, length, rules) in described)
        {
            int distance = bytes.Count + 4 - commonAt;
            bytes.AddRange([.. Word(EntryLength(rules!) - 4), .. Word(distance), .. Quadwords(start.Value, (ulong)length), 0, .. rules!]);
            bytes.AddRange(new byte[(8 - ((bytes.Count - commonAt - CommonEntry.Length) % 8)) % 8]);
        }
        return [.. bytes];
    }

    // Length, distance to the common entry, start, length, no augmentation; filled up with DW_CFA_nop.
    private static int EntryLength(byte[] rules) => (4 + 4 + 8 + 8 + 1 + rules.Length + 7) & ~7;

    private static byte[]? RulesOf(Shape shape, Func<Address, FrameRow?> rowAt)
    {
        if (rowAt(shape.Plan.Entry) is not { } row || Encode(in row) is not { } before)
        {
            return null;
        }
        int moved = shape.Plan.DisplacesSeveral ? 0 : LengthOfMoved(shape);
        return moved > 0 && rowAt(shape.Plan.Continuation) is { } then && Encode(in then) is { } behind
            ? [.. before, .. Advance(shape.Pass + moved), .. behind, .. Advance(NearJump.Length), .. before]
            : before;
    }

    /// <summary>Zero: it is not one instruction, or the thread does not go on behind it.</summary>
    private static int LengthOfMoved(Shape shape)
    {
        var plan = shape.Plan;
        if (CodeReader.DecodeFirst(plan.FirstInstruction.Span, plan.Entry) is not { } first)
        {
            return 0;
        }
        var moved = RelocatedInstruction.Move(first, plan.FirstInstruction.Span, plan.Trampoline + shape.Pass);
        bool isOne = moved is { Obstacle: RelocationObstacle.None, FallsThrough: true }
            && CodeReader.DecodeFirst(moved.Bytes, plan.Trampoline + shape.Pass) is { } copy && copy.Length == moved.Bytes.Length;
        return isOne ? moved.Bytes.Length : 0;
    }

    private static byte[] Advance(int bytes) => [0x02, (byte)bytes]; // DW_CFA_advance_loc1

    private static byte[]? Encode(in FrameRow row)
    {
        const int WordSize = 8;
        if (row.FrameAddress is not { Kind: FrameRuleKind.Register } frame || frame.Register >= (byte)Register.Rip || frame.Operand < 0
            || row[Register.Rip] is not { Kind: FrameRuleKind.Offset, Operand: -WordSize })
        {
            return null;
        }
        List<byte> rules = [0x0c, frame.Register, .. Unsigned((ulong)frame.Operand)]; // DW_CFA_def_cfa
        for (var register = Register.Rax; register < Register.Rip; register++)
        {
            if (!FrameRegisters.IsCalleeSaved(register))
            {
                continue;
            }
            switch (row[register])
            {
                case { Kind: FrameRuleKind.Offset, Operand: < 0 } saved when saved.Operand % WordSize == 0:
                    rules.AddRange([0x05, (byte)register, .. Unsigned((ulong)(-saved.Operand / WordSize))]); // DW_CFA_offset_extended
                    break;
                case { Kind: FrameRuleKind.Unspecified or FrameRuleKind.SameValue }:
                    rules.AddRange([0x08, (byte)register]); // DW_CFA_same_value
                    break;
                default:
                    return null;
            }
        }
        return [.. rules];
    }

    /// <summary>ULEB128.</summary>
    private static List<byte> Unsigned(ulong value)
    {
        List<byte> bytes = [];
        for (; value > 0x7f; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }
        return [.. bytes, (byte)value];
    }

    private static byte[] Word(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Quadwords(params ReadOnlySpan<ulong> values)
    {
        var bytes = new byte[values.Length * sizeof(ulong)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), values[i]);
        }
        return bytes;
    }
}
