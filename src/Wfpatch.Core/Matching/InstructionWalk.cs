// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Iced.Intel;

namespace Wfpatch.Core.Matching;

/// <summary>
/// The exact way of a match: old and running code are walked side by side, one instruction at a time. Equal are instructions with
/// equal bytes, holes and distances aside; jumps of another length to the same target; and what link editors relax. Padding counts
/// for nothing. Branches within the function are compared when all positions are known.
/// </summary>
internal sealed class InstructionWalk
{
    private readonly OldCode _old;
    private readonly RunningBytes _running;
    private readonly ulong _start;
    private readonly List<SolvedHole> _solved = [];
    private readonly List<(int At, long Old, long Running)> _references = [];
    private readonly ThreadSequences _threadSequences = new();

    private InstructionWalk(OldCode old, RunningBytes running)
    {
        _old = old;
        _running = running;
        _start = running.Function.Code.Start.Value;
    }

    public PositionMap Positions { get; } = new();

    public ImmutableArray<SolvedHole> Solved => [.. _solved.Select(_threadSequences.Interpret)];

    /// <summary>Offset in the old code of the first instruction that differs, or -1 where none does.</summary>
    public int FirstDifference { get; private set; } = -1;

    public static InstructionWalk Of(OldCode old, RunningBytes running)
    {
        var walk = new InstructionWalk(old, running);
        walk.FirstDifference = walk.Walk();
        return walk;
    }

    private int Walk()
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(_running.Block, _running.Offset, _running.Length), _start, DecoderOptions.None);
        ulong end = _start + (ulong)_running.Length;
        int ordinal = 0;
        foreach (var old in _old.Instructions)
        {
            Positions.AddOld(old.Offset, ordinal);
            if (old.IsPadding || _threadSequences.IsGone(old))
            {
                continue;
            }
            Instruction running;
            do
            {
                if (decoder.IP >= end)
                {
                    return old.Offset;
                }
                Positions.AddRunning((int)(decoder.IP - _start), ordinal);
                decoder.Decode(out running);
            }
            while (running.Mnemonic == Mnemonic.Nop && !old.Decoded.IsInvalid);
            if (old.Decoded.IsInvalid || running.IsInvalid || !AreSame(old, running, decoder.GetConstantOffsets(running)))
            {
                return old.Offset;
            }
            ordinal++;
        }
        Positions.AddOld(_old.Bytes.Length, ordinal);
        Positions.AddRunning((int)(decoder.IP - _start), ordinal);
        if (!Padding.IsPadding(_running, (int)(decoder.IP - _start)))
        {
            return _old.Bytes.Length;
        }
        return _references.FirstOrDefault(r => !Positions.AreSame(r.Old, r.Running), (-1, 0, 0)).At;
    }

    private bool AreSame(in OldInstruction old, in Instruction running, in ConstantOffsets constants)
    {
        if (_threadSequences.TryFinish(running) is { } finished)
        {
            _solved.Add(finished);
            return true;
        }
        if (old.HoleCount > 0)
        {
            return AreSameButHoles(old, running) || TryOtherForm(old, running);
        }
        if (old.IsRelativeBranch)
        {
            return OldInstruction.IsNearBranch(running) && IsSameBranch(old, running) && AddReference(old.Offset, old.Decoded.NearBranchTarget, running.NearBranchTarget);
        }
        if (old.Decoded.IsIPRelativeMemoryOperand)
        {
            return running.IsIPRelativeMemoryOperand && running.Length == old.Decoded.Length
                && AreEqual(old, running, constants.DisplacementOffset, constants.DisplacementSize)
                && AddReference(old.Offset, old.Decoded.IPRelativeMemoryAddress, running.IPRelativeMemoryAddress);
        }
        return AreEqual(old, running, 0, 0);
    }

    private bool AddReference(int at, ulong old, ulong running)
    {
        _references.Add((at, (long)old, unchecked((long)(running - _start))));
        return true;
    }

    private ReadOnlySpan<byte> BytesOf(in Instruction running) => _running.Span.Slice((int)(running.IP - _start), running.Length);

    private ReadOnlySpan<byte> BytesOf(in OldInstruction old) => _old.Bytes.Slice(old.Offset, old.Decoded.Length);

    private bool AreEqual(in OldInstruction old, in Instruction running, int without, int count)
    {
        var left = BytesOf(old);
        var right = BytesOf(running);
        return left.Length == right.Length && left[..without].SequenceEqual(right[..without]) && left[(without + count)..].SequenceEqual(right[(without + count)..]);
    }

    private bool AreSameButHoles(in OldInstruction old, in Instruction running)
    {
        if (running.Length != old.Decoded.Length)
        {
            return false;
        }
        var left = BytesOf(old);
        var right = BytesOf(running);
        int at = 0;
        foreach (var hole in _old.Holes.AsSpan(old.FirstHole, old.HoleCount))
        {
            int from = hole.Offset - old.Offset;
            if (!left[at..from].SequenceEqual(right[at..from]))
            {
                return false;
            }
            at = from + hole.Size;
        }
        if (!left[at..].SequenceEqual(right[at..]) || !IsInnerReferenceWithoutHole(old, running))
        {
            return false;
        }
        foreach (var hole in _old.Holes.AsSpan(old.FirstHole, old.HoleCount))
        {
            _solved.Add(MaskedComparison.Solve(hole, _running.Span, (int)(running.IP - _start) + hole.Offset - old.Offset, _start));
        }
        return true;
    }

    // An instruction with a hole in its immediate may still refer to its own function by distance.
    private bool IsInnerReferenceWithoutHole(in OldInstruction old, in Instruction running)
    {
        if (!old.Decoded.IsIPRelativeMemoryOperand)
        {
            return true;
        }
        foreach (var hole in _old.Holes.AsSpan(old.FirstHole, old.HoleCount))
        {
            if (hole.Offset == old.Offset + old.Constants.DisplacementOffset)
            {
                return true;
            }
        }
        return AddReference(old.Offset, old.Decoded.IPRelativeMemoryAddress, running.IPRelativeMemoryAddress);
    }

    private bool TryOtherForm(in OldInstruction old, in Instruction running)
    {
        var hole = _old.Holes[old.FirstHole];
        if (old.HoleCount != 1)
        {
            return false;
        }
        if (_threadSequences.TryBegin(old, hole, running, out var offset))
        {
            _solved.AddRange(offset is { } known ? [known] : []);
            return true;
        }
        ulong? value = hole.Form switch
        {
            HoleForm.Relative when old.IsRelativeBranch && hole.End == old.End && OldInstruction.IsNearBranch(running) && IsSameBranch(old, running)
                => unchecked(running.NearBranchTarget - (ulong)hole.Addend - 4),
            HoleForm.Slot when hole.IsPlain && hole.End == old.End => RelaxedForms.SymbolOfSlot(old.Decoded, running),
            HoleForm.ThreadOffsetSlot when hole.IsPlain && hole.End == old.End => RelaxedForms.OffsetOfSlot(old.Decoded, running),
            _ => null,
        };
        if (value is { } found)
        {
            _solved.Add(new SolvedHole(hole, false, found));
        }
        return value is not null;
    }

    // The same jump, condition and prefixes, with a distance of 1 or 4 bytes.
    private bool IsSameBranch(in OldInstruction old, in Instruction running)
    {
        var left = BytesOf(old);
        var right = BytesOf(running);
        if (old.Decoded.Mnemonic != running.Mnemonic)
        {
            return false;
        }
        if (left.Length == right.Length)
        {
            int opcode = left.Length - DistanceSize(old.Decoded);
            return left[..opcode].SequenceEqual(right[..opcode]);
        }
        bool canVary = old.Decoded.Mnemonic == Mnemonic.Jmp || old.Decoded.ConditionCode != ConditionCode.None;
        return canVary && left[..PrefixSize(old.Decoded)].SequenceEqual(right[..PrefixSize(running)]);
    }

    private static int DistanceSize(in Instruction branch) =>
        branch.IsJccShort || branch.IsJmpShort || branch.IsLoop || branch.IsLoopcc || branch.IsJcxShort ? 1 : branch.Op0Kind == OpKind.NearBranch16 ? 2 : 4;

    private static int PrefixSize(in Instruction branch)
    {
        int opcode = branch.IsJccNear ? 2 : 1;
        return branch.Length - opcode - DistanceSize(branch);
    }
}
