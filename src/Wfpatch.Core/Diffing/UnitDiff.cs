// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing;

/// <summary>One unit of both builds, correlated and compared.</summary>
/// <param name="Differences">Index of a new piece to what differs from the old piece that it continues, for all kinds of pieces.</param>
internal sealed record UnitDiff(string Unit, ObjectModel? Old, ObjectModel? New, Correlation? Correlation, ImmutableDictionary<int, string> Differences, bool IsRemoved = false)
{
    public static UnitDiff Of(UnitPair pair)
    {
        var old = pair.Old is null ? null : ObjectReader.Read(pair.Old, pair.Unit);
        if (pair.Old == pair.New)
        {
            return new UnitDiff(pair.Unit, old, null, null, ImmutableDictionary<int, string>.Empty);
        }
        var @new = pair.New is null ? null : ObjectReader.Read(pair.New, pair.Unit);
        if (old is null || @new is null)
        {
            return new UnitDiff(pair.Unit, old, @new, null, ImmutableDictionary<int, string>.Empty, IsRemoved: @new is null);
        }
        var correlation = Correlate.Pieces(old, @new);
        var differences = ImmutableDictionary.CreateBuilder<int, string>();
        foreach (var piece in @new.Pieces)
        {
            if (correlation.NewToOld[piece.Index] is >= 0 and var index
                && (Compare.Difference(old, @new, correlation, old.Pieces[index], piece)
                    ?? Compare.ExceptionTableDifference(old, @new, correlation, old.Pieces[index], piece)) is { } difference)
            {
                differences.Add(piece.Index, difference);
            }
        }
        return new UnitDiff(pair.Unit, old, @new, correlation, differences.ToImmutable());
    }

    /// <summary>Both builds have the same bytes, or there is no such comparison to make.</summary>
    public bool IsCompared => Correlation is not null;

    /// <summary>The same file in both builds.</summary>
    public bool IsUnchanged => Old is not null && New is null && !IsRemoved;

    public bool IsNewUnit => Old is null && New is not null;

    /// <summary>The old piece that a new piece continues; null for an added one.</summary>
    public Piece? OldOf(Piece @new) => Correlation?.NewToOld[@new.Index] is >= 0 and var index ? Old!.Pieces[index] : null;

    public Piece? NewOf(Piece old) => Correlation?.OldToNew[old.Index] is >= 0 and var index ? New!.Pieces[index] : null;
}
