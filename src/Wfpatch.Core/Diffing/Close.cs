// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing;

/// <summary>From what differs to what must go into the patch.</summary>
internal sealed class Close
{
    private readonly ImmutableArray<UnitDiff> _units;
    private readonly GlobalIndex _oldGlobals;
    private readonly GlobalIndex _newGlobals;
    private readonly ComdatChoice _comdat;
    private readonly Dictionary<(string Unit, int Piece), string> _spread = [];
    private readonly Dictionary<(string Unit, int Piece), IncludedPiece> _included = [];
    private readonly Queue<IncludedPiece> _open = new();

    private Close(ImmutableArray<UnitDiff> units)
    {
        _units = units;
        _oldGlobals = GlobalIndex.OfOld(units);
        _newGlobals = GlobalIndex.OfNew(units);
        foreach (var unit in units.Where(u => u.IsCompared))
        {
            Spread(unit);
        }
        _comdat = new ComdatChoice(units, IsChanged);
    }

    /// <param name="wanted">Names of globals that are needed elsewhere.</param>
    public static ChangeSet Over(ImmutableArray<UnitDiff> units, ImmutableArray<string> wanted)
    {
        var run = new Close(units);
        foreach (var unit in units.Where(u => u.IsCompared))
        {
            run.IncludeChangedFunctions(unit);
        }
        foreach (var (home, old) in FunctionsWithoutACopy(units, run._comdat).Where(f => f.Home.IsCompared))
        {
            run.Include(home, home.NewOf(home.Old!.FindCode(old.Name)!)!, "a copy of it is gone that looked otherwise");
        }
        foreach (string name in wanted)
        {
            run.IncludeAdded(name, "another program or library needs it");
        }
        var callbacks = PatchMarks.CallbacksOf(units);
        foreach (var callback in callbacks)
        {
            run.Include(callback.Unit, callback.Function, $"it is called {PatchMarks.Describe(callback.Kind)}");
        }
        while (run._open.TryDequeue(out var included))
        {
            run.IncludeWhatItNeeds(included);
        }
        return new ChangeSet(units, run._oldGlobals, run._newGlobals, [.. run._included.Values], run._spread.ToImmutableDictionary(), run._comdat) { Callbacks = callbacks, ChangedData = PatchMarks.ChangedDataOf(units) };
    }

    private bool IsChanged(UnitDiff unit, Piece @new) =>
        unit.Differences.ContainsKey(@new.Index) || _spread.ContainsKey((unit.Unit, @new.Index));

    // To a fixed point: what refers to a changed constant is changed, and so is a function with one of its parts.
    private void Spread(UnitDiff unit)
    {
        bool isGrowing = true;
        while (isGrowing)
        {
            isGrowing = false;
            foreach (var piece in unit.New!.Pieces.Where(p => unit.OldOf(p) is not null && !IsChanged(unit, p)))
            {
                if (ReasonToFollow(unit, piece) is { } reason)
                {
                    _spread.Add((unit.Unit, piece.Index), reason);
                    isGrowing = true;
                }
            }
        }
    }

    private string? ReasonToFollow(UnitDiff unit, Piece piece)
    {
        if (piece.Kind is PieceKind.UnwindTable or PieceKind.ExceptionTable or PieceKind.Initializers or PieceKind.Unknown)
        {
            return null;
        }
        foreach (var reference in piece.References)
        {
            if (reference.Target is not PieceTarget inside)
            {
                continue;
            }
            var target = unit.New!.Pieces[inside.Piece];
            if (target.Kind == PieceKind.Constant && IsChanged(unit, target))
            {
                return $"it refers to {target.Name}";
            }
            // A table of places within a function (jump table, computed goto) goes where the function goes.
            if (piece.Kind is PieceKind.Constant or PieceKind.Writable && target.Kind == PieceKind.Code && IsInterior(reference) && IsChanged(unit, target))
            {
                return $"it points into {target.Name}";
            }
        }
        bool hasChangedRelative = unit.New!.ParentOf(piece) is { } parent
            ? IsChanged(unit, parent)
            : piece.Kind == PieceKind.Code && unit.New.PartsOf(piece).Any(p => IsChanged(unit, p));
        return hasChangedRelative ? "it is split, and the other part changed" : null;
    }

    /// <summary>Inline functions of which an object had another copy and has none any more: the program may run that one, with what it had inlined.</summary>
    /// <returns>Each function once or more: the unit whose copy counts, and the copy that is gone.</returns>
    internal static IEnumerable<(UnitDiff Home, Piece Old)> FunctionsWithoutACopy(ImmutableArray<UnitDiff> units, ComdatChoice comdat) =>
        from unit in units
        where unit.Old is not null && (unit.IsCompared || unit.IsRemoved)
        from old in unit.Old!.Pieces
        where old is { IsInGroup: true, IsOneFunction: true, IsGlobal: true } && unit.NewOf(old) is null
        let home = comdat.UnitOf(old)
        where home is not null && home != unit
        let counted = home.Old!.FindCode(old.Name)
        where counted is { IsOneFunction: true } && (home.IsUnchanged || home.NewOf(counted) is not null)
            && ComdatCopies.Look(unit.Old!, old) != ComdatCopies.Look(home.Old!, counted)
        select (home, old);

    /// <summary>True for a place within a function that only the function itself can mean.</summary>
    internal static bool IsInterior(Reference reference) => reference.Offset != 0;

    private void IncludeChangedFunctions(UnitDiff unit)
    {
        foreach (var piece in unit.New!.Pieces.Where(p => p.Kind == PieceKind.Code && unit.OldOf(p) is not null && IsChanged(unit, p) && _comdat.Counts(unit, p)))
        {
            string reason = unit.Differences.TryGetValue(piece.Index, out string? difference) ? difference : _spread[(unit.Unit, piece.Index)];
            Include(unit, piece, reason);
        }
    }

    private void Include(UnitDiff unit, Piece @new, string reason)
    {
        var included = new IncludedPiece(unit, @new, unit.OldOf(@new), reason);
        if (_included.TryAdd((unit.Unit, @new.Index), included))
        {
            _open.Enqueue(included);
        }
    }

    private void IncludeWhatItNeeds(IncludedPiece included)
    {
        foreach (var reference in included.New.References)
        {
            if (reference.Target is PieceTarget inside)
            {
                var target = included.Unit.New!.Pieces[inside.Piece];
                if (MustComeAlong(included.Unit, target))
                {
                    Include(included.Unit, target, $"{included.New.Name} needs it");
                }
            }
            else if (reference.Target is ExternalTarget outside)
            {
                IncludeAdded(outside.Name, $"{included.New.Name} needs it");
            }
        }
        foreach (int table in included.IsCode ? included.Unit.New!.ExceptionTables.PiecesFor(included.New) : [])
        {
            Include(included.Unit, included.Unit.New!.Pieces[table], $"{included.New.Name} unwinds by it");
        }
        foreach (var part in included.IsCode ? included.Unit.New!.PartsOf(included.New) : [])
        {
            Include(included.Unit, part, $"it is a part of {included.New.Name}");
        }
    }

    private void IncludeAdded(string name, string reason)
    {
        if (_oldGlobals.Find(name) is null && _newGlobals.Find(name) is { Piece.Kind: PieceKind.Code or PieceKind.Constant or PieceKind.Writable } added)
        {
            Include(added.Unit, added.Piece, reason);
        }
    }

    // Clang's pointers by which exception tables name types (.L_ZTIi.DW.stub) lie in a .data without a name. Like DW.ref they are never
    // written, and nobody else refers to them.
    private static bool IsStub(ObjectModel model, Piece piece) =>
        !piece.IsNamed && piece.Size == 8 * (ulong)piece.References.Length && model.ReferrersOf(piece.Index).All(r => r.Kind == PieceKind.ExceptionTable);

    private bool MustComeAlong(UnitDiff unit, Piece target) => target.Kind switch
    {
        PieceKind.Constant => target.IsIndirection || !target.IsNamed || unit.OldOf(target) is null || IsChanged(unit, target),
        PieceKind.Code => unit.OldOf(target) is null,
        PieceKind.Writable => unit.OldOf(target) is null || IsStub(unit.New!, target),
        _ => false,
    };
}
