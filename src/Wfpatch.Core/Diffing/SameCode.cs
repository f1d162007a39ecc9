// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Diffing.Rules;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Diffing;

/// <summary>Whether two functions are the same instruction by instruction, where their bytes are not: jumps in a shorter or longer form, no-operations as padding.</summary>
internal static class SameCode
{
    public static bool Is(ObjectModel oldModel, ObjectModel newModel, Correlation correlation, Piece old, Piece @new)
    {
        if (old.Undecodable is not null || @new.Undecodable is not null || old.References.Length != @new.References.Length || IsEnteredWithin(oldModel, old) || IsEnteredWithin(newModel, @new))
        {
            return false;
        }
        var (before, after) = (Steps.Of(old), Steps.Of(@new));
        if (before.All.Count != after.All.Count)
        {
            return false;
        }
        for (int i = 0; i < before.All.Count; i++)
        {
            if (!IsSame(oldModel, newModel, correlation, (before, old, before.All[i]), (after, @new, after.All[i])))
            {
                return false;
            }
        }
        return true;
    }

    // Tables of places in it, and other pieces that jump into it, go by the place of an instruction.
    private static bool IsEnteredWithin(ObjectModel model, Piece piece) => model.ReferrersOf(piece.Index)
        .SelectMany(r => r.References).Any(r => r.Target is PieceTarget target && target.Piece == piece.Index && r.Offset != 0);

    private static bool IsSame(ObjectModel oldModel, ObjectModel newModel, Correlation correlation, (Steps Steps, Piece Piece, Instruction At) old, (Steps Steps, Piece Piece, Instruction At) @new)
    {
        var (a, b) = (CodeWalk.ReferenceOf(old.Piece, old.At), CodeWalk.ReferenceOf(@new.Piece, @new.At));
        if (a is null != b is null)
        {
            return false;
        }
        if (a is null && IsBranchWithin(old.At))
        {
            return old.At.Mnemonic == @new.At.Mnemonic && IsBranchWithin(@new.At)
                && old.Steps.IndexAt(old.At.NearBranchTarget) == @new.Steps.IndexAt(@new.At.NearBranchTarget);
        }
        bool isPlaced = (a is null && old.At.IsIPRelativeMemoryOperand) || old.At.Length != @new.At.Length;
        return !isPlaced && Masked(old.Piece, old.At, a).SequenceEqual(Masked(@new.Piece, @new.At, b))
            && (a is null || (a.Value.Field - old.At.IP == b!.Value.Field - @new.At.IP && Compare.IsSameMeaning(oldModel, newModel, correlation, a.Value, b.Value)));
    }

    private static bool IsBranchWithin(in Instruction instruction) =>
        instruction.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch or FlowControl.Call && instruction.Op0Kind == OpKind.NearBranch64;

    private static byte[] Masked(Piece piece, in Instruction instruction, Reference? reference)
    {
        byte[] bytes = piece.Bytes.Slice((int)instruction.IP, instruction.Length).ToArray();
        if (reference is { } field)
        {
            int start = (int)(field.Field - instruction.IP);
            bytes.AsSpan(start, Math.Min(RelocationField.WidthOf(field.Type) ?? 0, bytes.Length - start)).Clear();
        }
        return bytes;
    }

    /// <summary>The instructions of a piece that do something.</summary>
    private sealed record Steps(List<Instruction> All)
    {
        public static Steps Of(Piece piece) => new([.. CodeWalk.Instructions(piece).Where(i => i.Mnemonic != Mnemonic.Nop)]);

        /// <summary>The number of the instruction that is done next at an offset.</summary>
        public int IndexAt(ulong offset)
        {
            int low = 0, high = All.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                (low, high) = All[middle].IP < offset ? (middle + 1, high) : (low, middle);
            }
            return low;
        }
    }
}
