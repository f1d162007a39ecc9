// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>Sections that are no code and no data of ours to change: start-up tables and whatever is unknown.</summary>
internal static class SectionRules
{
    public static IEnumerable<Refusal> Check(ChangeSet changes) => changes.Units.Where(u => u.IsCompared).SelectMany(CheckUnit);

    private static IEnumerable<Refusal> CheckUnit(UnitDiff unit)
    {
        foreach (var piece in unit.New!.Pieces)
        {
            string? what = unit.OldOf(piece) is null ? "is new" : unit.Differences.TryGetValue(piece.Index, out string? difference) ? $"differs in {difference}" : null;
            if (what is not null && About(unit, piece, what) is { } refusal)
            {
                yield return refusal;
            }
        }
        foreach (var old in unit.Old!.Pieces.Where(p => unit.NewOf(p) is null))
        {
            if (About(unit, old, "is gone") is { } refusal)
            {
                yield return refusal;
            }
        }
    }

    private static Refusal? About(UnitDiff unit, Piece piece, string what) => piece.Kind switch
    {
        PieceKind.Initializers => DiffRefusals.InitializersChanged.About(piece.SectionName, $"{piece.SectionName} of {unit.Unit} {what}; start-up functions have run already."),
        PieceKind.Unknown => DiffRefusals.UnknownSectionChanged.About(piece.SectionName, $"The section {piece.SectionName} of {unit.Unit} {what}, and wfpatch does not know what it means."),
        _ => null,
    };
}
