// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Wfpatch.Core.Matching;

/// <summary>The quick way of a match: every byte but those of the holes is the same.</summary>
internal static class MaskedComparison
{
    /// <summary>The solved holes, or null where the bytes differ.</summary>
    public static ImmutableArray<SolvedHole>? TryMatch(OldCode old, RunningBytes running)
    {
        var left = old.Bytes;
        var right = running.Span;
        if (right.Length < left.Length)
        {
            return null;
        }
        int at = 0;
        foreach (var hole in old.Holes)
        {
            if (!left[at..hole.Offset].SequenceEqual(right[at..hole.Offset]))
            {
                return null;
            }
            at = hole.End;
        }
        if (!left[at..].SequenceEqual(right[at..left.Length]) || !Padding.IsPadding(running, left.Length))
        {
            return null;
        }
        var solved = ImmutableArray.CreateBuilder<SolvedHole>(old.Holes.Length);
        foreach (var hole in old.Holes)
        {
            solved.Add(Solve(hole, right, hole.Offset, running.Function.Code.Start.Value));
        }
        return solved.MoveToImmutable();
    }

    /// <summary>Solves a hole whose field, of the same shape as in the old code, stands at <paramref name="at"/> in code that begins at <paramref name="start"/>.</summary>
    public static SolvedHole Solve(Hole hole, ReadOnlySpan<byte> code, int at, ulong start)
    {
        ulong field = Field(hole, code[at..]);
        ulong value = unchecked(field - (ulong)hole.Addend);
        return hole.Form switch
        {
            HoleForm.Relative => new SolvedHole(hole, false, unchecked(value + start + (ulong)at)),
            HoleForm.SlotFromTable => new SolvedHole(hole, true, value),
            _ when Hole.IsThroughSlot(hole.Form) => new SolvedHole(hole, true, unchecked(value + start + (ulong)at)),
            _ => new SolvedHole(hole, false, value),
        };
    }

    private static ulong Field(Hole hole, ReadOnlySpan<byte> bytes) => (hole.Size, hole.IsSigned) switch
    {
        (8, _) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        (_, true) => (ulong)(long)BinaryPrimitives.ReadInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
    };
}
