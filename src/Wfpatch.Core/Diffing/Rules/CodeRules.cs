// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>What new code, and the old code that it takes the place of, must be like.</summary>
internal static class CodeRules
{
    public static IEnumerable<Refusal> Check(ChangeSet changes) =>
        changes.Included.SelectMany(i => CheckPiece(i).Concat(CheckReferences(changes, i)).Concat(CheckRunsOnce(i)))
            .Concat(changes.Units.Where(u => u.IsCompared).SelectMany(CheckOtherChanges))
            .Concat(changes.Units.Where(u => u.New is not null).SelectMany(u => CheckMovedGroups(changes, u)))
            .Concat(CheckLostCopies(changes));

    private static IEnumerable<Refusal> CheckPiece(IncludedPiece included)
    {
        if (included.IsCode && (included.New.Undecodable ?? included.Old?.Undecodable) is { } why)
        {
            yield return DiffRefusals.NotDecodable.About(included.Display, $"{included.Display} cannot be decoded: {why}.").At(included);
        }
        foreach (var piece in new[] { included.New, included.Old }.OfType<Piece>())
        {
            if (piece.IsResolver)
            {
                yield return DiffRefusals.IndirectFunction.About(included.Display, $"{included.Display} is the resolver of an indirect function (ifunc).").At(included);
            }
            if (piece.Kind == PieceKind.Code ? !piece.IsOneFunction : piece.IsShared)
            {
                yield return DiffRefusals.SharedSection.About(included.Display,
                    $"{included.Display} shares the section {piece.SectionName} with others; compile both builds with -ffunction-sections -fdata-sections.").At(included);
            }
        }
    }

    private static IEnumerable<Refusal> CheckReferences(ChangeSet changes, IncludedPiece included)
    {
        foreach (var piece in new[] { included.New, included.Old }.OfType<Piece>())
        {
            foreach (var reference in piece.References.Where(r => !IsSound(piece, r)))
            {
                yield return DiffRefusals.UnknownRelocation.About(included.Display, $"{included.Display} uses the relocation {reference.Type} at {reference.Field}, which is not supported.").At(included);
            }
        }
        foreach (var reference in included.New.References)
        {
            if (reference.Target is UnsupportedTarget unsupported)
            {
                yield return DiffRefusals.UnsupportedReference.About(included.Display, $"{included.Display} refers to {unsupported.Name}, which {unsupported.Reason}.").At(included);
            }
            else if (reference.Target is ExternalTarget outside && IsNewIndirect(changes, outside.Name))
            {
                yield return DiffRefusals.IndirectFunction.About(outside.Name, $"{included.Display} refers to the indirect function (ifunc) {outside.Name}, which is new or has another resolver.").At(included);
            }
            else if (reference.Target is PieceTarget inside && included.Unit.New!.Pieces[inside.Piece] is { } target)
            {
                if (target.IsResolver)
                {
                    yield return DiffRefusals.IndirectFunction.About(target.Name, $"{included.Display} refers to the indirect function (ifunc) {target.Name}, which is local to its unit.").At(included);
                }
                bool isStrange = target.Kind is PieceKind.Initializers or PieceKind.ExceptionTable or PieceKind.UnwindTable
                    || (target.Kind == PieceKind.Unknown && (!target.IsNamed || included.Unit.OldOf(target) is null));
                if (isStrange)
                {
                    yield return DiffRefusals.UnsupportedReference.About(included.Display, $"{included.Display} refers to the section {target.SectionName}, whose meaning wfpatch does not know.").At(included);
                }
            }
        }
    }

    // What such a function has chosen is looked for in the process: it must have been one before.
    private static bool IsNewIndirect(ChangeSet changes, string name) =>
        changes.Units.Where(u => u.New is not null).SelectMany(u => u.New!.Pieces.Where(p => IsIndirect(p, name)), (u, p) => (Unit: u, Piece: p))
            .Any(f => f.Unit.OldOf(f.Piece) is not { } old || !IsIndirect(old, name));

    private static bool IsIndirect(Piece piece, string name) => piece.Symbols.Any(s => s.Kind == Elf.SymbolKind.IndirectFunction && s.Name == name);

    private static bool IsSound(Piece piece, Reference reference) =>
        RelocationField.WidthOf(reference.Type) is { } width && reference.Field + (ulong)width <= piece.Size;

    private static IEnumerable<Refusal> CheckRunsOnce(IncludedPiece included)
    {
        if (included is not { IsCode: true, Old: { } old })
        {
            yield break;
        }
        bool isConstructor = included.Unit.Old!.ReferrersOf(old.Index).Any(r => r.Kind == PieceKind.Initializers)
            || included.Unit.New!.ReferrersOf(included.New.Index).Any(r => r.Kind == PieceKind.Initializers);
        bool isMain = old is { IsGlobal: true, Name: "main" };
        if (isConstructor || isMain)
        {
            yield return DiffRefusals.RunsOnce.About(included.Display, $"{included.Display} runs at program start or end only, so that a patch of it would not take effect ({included.Reason}).").At(included);
        }
    }

    // An inline function that each build has in other objects alone: unchanged callers would go on with the old one.
    private static IEnumerable<Refusal> CheckMovedGroups(ChangeSet changes, UnitDiff unit) =>
        from piece in unit.New!.Pieces
        where piece is { IsInGroup: true, IsIndirection: false, IsGlobal: true, Kind: PieceKind.Code or PieceKind.Constant } && !changes.Comdat.IsInBoth(piece)
        let home = changes.OldGlobals.Find(piece.Name)
        where home is not null && Look(unit.New!, piece) != Look(home.Value.Unit.Old!, home.Value.Piece)
        select DiffRefusals.ComdatGroup.About(piece.Name, $"{piece.Name} differs, and no object has it in both builds: it was in {home.Value.Unit.Unit} and is in {unit.Unit} now.").At(unit, piece);

    // The copy that is gone may be the one that runs. Where another object were compiled anew too, its copy would take the place (Close).
    private static IEnumerable<Refusal> CheckLostCopies(ChangeSet changes) =>
        from lost in Close.FunctionsWithoutACopy(changes.Units, changes.Comdat)
        where lost.Home.IsUnchanged
        select DiffRefusals.ComdatGroup.About(lost.Old.Name, $"{lost.Old.Name} looked otherwise in an object that has it no more, and only objects that did not change have it in both builds ({lost.Home.Unit}).");

    private static string Look(ObjectModel model, Piece piece) =>
        Shape.Of(model, piece) + (model.ExceptionTables.Of(piece) is { } place ? Shape.Of(model, model.Pieces[place.Table]) : "");

    // Code without a function symbol is compared too, and cannot be replaced.
    private static IEnumerable<Refusal> CheckOtherChanges(UnitDiff unit)
    {
        foreach (var old in unit.Old!.Pieces.Where(p => p is { Kind: PieceKind.Code, IsNamed: false, Size: > 0 } && unit.NewOf(p) is null))
        {
            yield return DiffRefusals.SharedSection.About(old.SectionName, $"The code in {old.SectionName} of {unit.Unit} has no name in the old build and is gone or different in the new one.");
        }
    }
}
