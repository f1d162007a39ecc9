// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Diffing.Types;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing;

/// <summary>Says in refusals where in the sources a function or variable stands.</summary>
internal static class RefusalPlaces
{
    /// <param name="piece">Of the unit's old or new object; null: nothing is known.</param>
    public static Refusal At(this Refusal refusal, UnitDiff unit, Piece? piece)
    {
        if (piece is null || refusal.Place is not null)
        {
            return refusal;
        }
        bool isNew = unit.New is { } @new && piece.Index < @new.Pieces.Length && ReferenceEquals(@new.Pieces[piece.Index], piece);
        return (isNew ? unit.New : unit.Old) is { } model && (model.Places.Of(piece) ?? OfClass(model, piece)) is { } place ? refusal with { Place = place } : refusal;
    }

    public static Refusal At(this Refusal refusal, IncludedPiece included) => refusal.At(included.Unit, included.New);

    // A virtual table and type information stand nowhere; their class does.
    private static SourcePlace? OfClass(ObjectModel model, Piece piece) =>
        ClassNames.Of(piece.Name) is { } name && model.Types.All.TryGetValue(name, out var type) ? model.Places.Of(type.Entry) : null;
}
