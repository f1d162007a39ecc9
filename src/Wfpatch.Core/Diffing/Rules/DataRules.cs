// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>Variables belong to the running program: they must be the same in both builds. New ones are refused, for a patch has no writable section.</summary>
internal static class DataRules
{
    public static IEnumerable<Refusal> Check(ChangeSet changes) =>
        changes.Units.Where(u => u.IsCompared).SelectMany(u => CheckUnit(changes, u))
            .Concat(changes.Included.Where(i => i.Unit.IsNewUnit).SelectMany(CheckNewUnit));

    private static IEnumerable<Refusal> CheckUnit(ChangeSet changes, UnitDiff unit)
    {
        var undecided = unit.Correlation!.Undecided;
        foreach (var group in undecided.GroupBy(p => SymbolNames.WithoutNumbers(p.Name)))
        {
            yield return DiffRefusals.Ambiguous.About(group.Key,
                $"The static variables {group.Key} of {unit.Unit} cannot be told apart between the two builds; give them different names.");
        }
        foreach (var piece in unit.New!.Pieces.Where(p => !undecided.Contains(p) && !p.IsIndirection && changes.Comdat.Counts(unit, p)))
        {
            if (CheckNew(changes, unit, piece) is { } refusal)
            {
                yield return refusal;
            }
        }
        foreach (var old in unit.Old!.Pieces.Where(p => IsVariable(p) && !undecided.Contains(p) && unit.NewOf(p) is null && !changes.Comdat.IsStillThere(p)))
        {
            yield return Removed(unit, old);
        }
    }

    private static bool IsVariable(Piece piece) => piece.Kind is PieceKind.Writable or PieceKind.ThreadLocal;

    private static Refusal? CheckNew(ChangeSet changes, UnitDiff unit, Piece piece)
    {
        var old = unit.OldOf(piece);
        string? difference = unit.Differences.TryGetValue(piece.Index, out string? own) ? own : changes.Spread.GetValueOrDefault((unit.Unit, piece.Index));
        if (old is null)
        {
            bool isElsewhere = piece.IsInGroup && changes.OldGlobals.Find(piece.Name) is not null;
            return IsVariable(piece) && piece.Size > 0 && !isElsewhere ? Added(unit, piece) : null;
        }
        if (difference is null)
        {
            return null;
        }
        if (!IsVariable(piece) && !IsVariable(old))
        {
            return piece is { Kind: PieceKind.Constant, IsGlobal: true }
                ? DiffRefusals.GlobalConstantChanged.About(piece.Name, $"{piece.Name} of {unit.Unit} differs in {difference}, and other objects may use it; make it static or leave it.")
                : null;
        }
        if (piece.Kind == PieceKind.ThreadLocal || old.Kind == PieceKind.ThreadLocal)
        {
            return DiffRefusals.ThreadLocalChanged.About(piece.Name, $"The thread-local variable {piece.Name} of {unit.Unit} differs in {difference}.");
        }
        if (piece.IsCommon || old.IsCommon)
        {
            return DiffRefusals.CommonChanged.About(piece.Name, $"The common symbol {piece.Name} of {unit.Unit} differs in {difference}.");
        }
        return old.IsShared || piece.IsShared
            ? DiffRefusals.SharedSection.About(piece.SectionName,
                $"{piece.SectionName} of {unit.Unit} holds several variables and differs in {difference}; compile both builds with -ffunction-sections -fdata-sections.")
            : DiffRefusals.DataChanged.About(piece.Name, $"The variable {piece.Name} of {unit.Unit} differs in {difference}; the running program has its own value already.");
    }

    private static Refusal Added(UnitDiff unit, Piece piece) => piece switch
    {
        { Kind: PieceKind.ThreadLocal } => DiffRefusals.ThreadLocalChanged.About(piece.Name, $"The thread-local variable {piece.Name} of {unit.Unit} is new."),
        { IsCommon: true } => DiffRefusals.CommonChanged.About(piece.Name, $"The common symbol {piece.Name} of {unit.Unit} is new."),
        _ => DiffRefusals.DataAdded.About(piece.Name, $"The variable {piece.Name} of {unit.Unit} is new; patches cannot bring writable data yet."),
    };

    private static Refusal Removed(UnitDiff unit, Piece old) => old switch
    {
        { Kind: PieceKind.ThreadLocal } => DiffRefusals.ThreadLocalChanged.About(old.Name, $"The thread-local variable {old.Name} of {unit.Unit} is gone."),
        { IsCommon: true } => DiffRefusals.CommonChanged.About(old.Name, $"The common symbol {old.Name} of {unit.Unit} is gone."),
        { IsGlobal: false } when SymbolNames.HasNumber(old.Name) => DiffRefusals.StaticLocalRemoved.About(
            SymbolNames.WithoutNumbers(old.Name), $"The static local {SymbolNames.WithoutNumbers(old.Name)} of {Users(unit, old)} in {unit.Unit} is gone, and its state with it."),
        _ => DiffRefusals.DataRemoved.About(old.Name, $"The variable {old.Name} of {unit.Unit} is gone, and its state with it."),
    };

    private static string Users(UnitDiff unit, Piece old) =>
        string.Join(", ", unit.Old!.ReferrersOf(old.Index).Select(r => SymbolNames.SourceFunction(r.Name)).Distinct().DefaultIfEmpty("no function"));

    private static IEnumerable<Refusal> CheckNewUnit(IncludedPiece included) =>
        from reference in included.New.References
        let target = reference.Target is PieceTarget inside ? included.Unit.New!.Pieces[inside.Piece] : null
        where target is not null && IsVariable(target)
        select Added(included.Unit, target);
}
