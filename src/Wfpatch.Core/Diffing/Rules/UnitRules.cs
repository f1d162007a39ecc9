// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>Objects that are gone, that are new, and what moved between them.</summary>
internal static class UnitRules
{
    public static IEnumerable<Refusal> Check(ChangeSet changes) => changes.Units.SelectMany(u => CheckUnit(changes, u));

    private static IEnumerable<Refusal> CheckUnit(ChangeSet changes, UnitDiff unit)
    {
        if (unit.IsRemoved)
        {
            yield return DiffRefusals.UnitRemoved.About(unit.Unit, $"{unit.Unit} is in the old build only; keep it in the new one.");
        }
        if (unit.New is null)
        {
            yield break;
        }
        if (unit.New.File.Sections.Any(s => s.Type == SectionType.Relocations))
        {
            yield return DiffRefusals.UnknownRelocation.About(unit.Unit, $"{unit.Unit} has relocations without addends, which no x86-64 compiler makes.");
        }
        if (unit.IsNewUnit && unit.New.Pieces.FirstOrDefault(p => p.Kind == PieceKind.Initializers) is { } table)
        {
            yield return DiffRefusals.InitializersChanged.About(unit.Unit, $"The new {unit.Unit} has {table.SectionName}: its functions would have to run at program start.");
        }
        foreach (var piece in unit.New.Pieces.Where(p => p is { IsGlobal: true, IsInGroup: false } && p.Kind is PieceKind.Code or PieceKind.Constant or PieceKind.Writable && unit.OldOf(p) is null))
        {
            if (changes.OldGlobals.Find(piece.Name) is { } was && was.Unit != unit && IsGone(was.Unit, was.Piece))
            {
                yield return DiffRefusals.SymbolMoved.About(piece.Name, $"{piece.Name} moved from {was.Unit.Unit} to {unit.Unit}; leave it in its file.").At(unit, piece);
            }
        }
    }

    private static bool IsGone(UnitDiff unit, Piece old) => unit.IsCompared && unit.NewOf(old) is null;
}
