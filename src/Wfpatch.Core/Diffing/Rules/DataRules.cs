// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>
/// Variables belong to the running program: those of both builds must be the same. New ones come along with the code that needs them.
/// One that is gone just stays where it is, unless a new one may be the same under another name: that would lose its state.
/// </summary>
internal static class DataRules
{
    private const ulong LargestNewVariable = 64 << 20;
    private const ulong LargestAlignment = 4096;

    public static IEnumerable<Refusal> Check(ChangeSet changes, DiffOptions options) =>
        changes.Units.Where(u => u.IsCompared).SelectMany(u => CheckUnit(changes, options, u))
            .Concat(changes.Included.SelectMany(CheckIncluded));

    /// <summary>The variables that the new build does without.</summary>
    public static IEnumerable<(UnitDiff Unit, Piece Old)> Removed(ChangeSet changes) =>
        from unit in changes.Units
        where unit.IsCompared
        from old in unit.Old!.Pieces
        where IsVariable(old) && old.Size > 0 && !unit.Correlation!.Undecided.Contains(old) && unit.NewOf(old) is null && !changes.Comdat.IsStillThere(old)
        select (unit, old);

    private static IEnumerable<Refusal> CheckUnit(ChangeSet changes, DiffOptions options, UnitDiff unit)
    {
        var undecided = unit.Correlation!.Undecided;
        foreach (var group in undecided.GroupBy(p => SymbolNames.WithoutNumbers(p.Name)))
        {
            yield return DiffRefusals.Ambiguous.About(group.Key,
                $"The static variables {group.Key} of {unit.Unit} cannot be told apart between the two builds; give them different names.").At(unit, group.First());
        }
        foreach (var piece in unit.New!.Pieces.Where(p => !undecided.Contains(p) && !p.IsIndirection && changes.Comdat.Counts(unit, p)))
        {
            if (CheckNew(changes, options, unit, piece) is { } refusal)
            {
                yield return refusal;
            }
        }
        foreach (var (_, old) in Removed(changes).Where(r => r.Unit == unit))
        {
            if (FindSuccessor(changes, unit, old) is { } successor)
            {
                yield return Lost(unit, old, successor);
            }
        }
    }

    /// <summary>A new variable that may be <paramref name="old"/> under another name or in another place: it has its name, or its size, or a function uses both.</summary>
    private static IncludedPiece? FindSuccessor(ChangeSet changes, UnitDiff unit, Piece old)
    {
        if (old.IsGlobal && changes.NewGlobals.Find(old.Name) is not null)
        {
            return null; // it moved to another object, which UnitRules refuses
        }
        var users = unit.Old!.ReferrersOf(old.Index).Select(r => SymbolNames.SourceFunction(r.Name)).ToHashSet();
        return changes.Included.FirstOrDefault(i => i.IsVariable
            && (SymbolNames.WithoutNumbers(i.New.Name) == SymbolNames.WithoutNumbers(old.Name)
                || (i.Unit == unit && (i.New.Size == old.Size || i.Unit.New!.ReferrersOf(i.New.Index).Any(r => users.Contains(SymbolNames.SourceFunction(r.Name)))))));
    }

    private static bool IsVariable(Piece piece) => piece.Kind is PieceKind.Writable or PieceKind.ThreadLocal;

    private static Refusal? CheckNew(ChangeSet changes, DiffOptions options, UnitDiff unit, Piece piece)
    {
        var old = unit.OldOf(piece);
        string? difference = unit.Differences.TryGetValue(piece.Index, out string? own) ? own : changes.Spread.GetValueOrDefault((unit.Unit, piece.Index));
        if (old is null)
        {
            return piece is { Kind: PieceKind.ThreadLocal, Size: > 0 } && !(piece.IsInGroup && changes.OldGlobals.Find(piece.Name) is not null) ? NewThreadLocal(unit, piece) : null;
        }
        if (difference is null)
        {
            return null;
        }
        if (!IsVariable(piece) && !IsVariable(old))
        {
            return piece is { Kind: PieceKind.Constant, IsGlobal: true }
                ? DiffRefusals.GlobalConstantChanged.About(piece.Name, $"{piece.Name} of {unit.Unit} differs in {difference}, and other objects may use it; make it static or leave it.").At(unit, piece)
                : null;
        }
        if (piece.Kind == PieceKind.ThreadLocal || old.Kind == PieceKind.ThreadLocal)
        {
            return DiffRefusals.ThreadLocalChanged.About(piece.Name, $"The thread-local variable {piece.Name} of {unit.Unit} differs in {difference}.").At(unit, piece);
        }
        if (piece.IsCommon || old.IsCommon)
        {
            return DiffRefusals.CommonChanged.About(piece.Name, $"The common symbol {piece.Name} of {unit.Unit} differs in {difference}.").At(unit, piece);
        }
        if (!old.IsShared && !piece.IsShared && IsAllowed(changes, options, unit, piece) && IsValueAlone(old, piece))
        {
            return null;
        }
        return old.IsShared || piece.IsShared
            ? DiffRefusals.SharedSection.About(piece.SectionName,
                $"{piece.SectionName} of {unit.Unit} holds several variables and differs in {difference}; compile both builds with -ffunction-sections -fdata-sections.")
            : DiffRefusals.DataChanged.About(piece.Name, $"The variable {piece.Name} of {unit.Unit} differs in {difference}; the running program has its own value already (an author who says so with WF_DATA_CHANGED or --allow-data may change its initial value).").At(unit, piece);
    }

    public static bool IsAllowed(ChangeSet changes, DiffOptions options, UnitDiff unit, Piece piece) =>
        options.AllowedData.Contains(SymbolNames.WithoutNumbers(piece.Name)) || changes.ChangedData.Contains((piece.IsGlobal ? "" : unit.Unit, piece.Name));

    // .bss and .data are one kind: a zero became another value, or the other way round.
    private static bool IsValueAlone(Piece old, Piece @new) => old.Kind == @new.Kind && old.Size == @new.Size && old.Alignment == @new.Alignment;

    private static Refusal NewThreadLocal(UnitDiff unit, Piece piece) =>
        DiffRefusals.ThreadLocalChanged.About(piece.Name, $"The thread-local variable {piece.Name} of {unit.Unit} is new, and running threads have no room for it.").At(unit, piece);

    private static Refusal Lost(UnitDiff unit, Piece old, IncludedPiece successor)
    {
        string why = $"and {successor.Display} may be the same under another name: its state would be lost";
        return old is { IsGlobal: false } && SymbolNames.HasNumber(old.Name)
            ? DiffRefusals.StaticLocalRemoved.About(
                SymbolNames.WithoutNumbers(old.Name), $"The static local {SymbolNames.WithoutNumbers(old.Name)} of {Users(unit, old)} in {unit.Unit} is gone, {why}.").At(unit, old)
            : DiffRefusals.DataRemoved.About(old.Name, $"The variable {old.Name} of {unit.Unit} is gone, {why}.").At(unit, old);
    }

    private static string Users(UnitDiff unit, Piece old) =>
        string.Join(", ", unit.Old!.ReferrersOf(old.Index).Select(r => SymbolNames.SourceFunction(r.Name)).Distinct().DefaultIfEmpty("no function"));

    private static IEnumerable<Refusal> CheckIncluded(IncludedPiece included)
    {
        if (included.IsVariable && (included.New.Size > LargestNewVariable || included.New.Alignment > LargestAlignment))
        {
            yield return DiffRefusals.DataAdded.About(included.New.Name,
                $"The new variable {included.Display} takes {included.New.Size} bytes at a multiple of {included.New.Alignment}; a patch carries up to {LargestNewVariable} bytes at a multiple of {LargestAlignment}.").At(included);
        }
        var threadLocals = included.Unit.IsNewUnit ? included.New.References.Select(r => r.Target).OfType<PieceTarget>().Select(t => included.Unit.New!.Pieces[t.Piece]) : [];
        foreach (var target in threadLocals.Where(t => t.Kind == PieceKind.ThreadLocal))
        {
            yield return NewThreadLocal(included.Unit, target);
        }
    }
}
