// SPDX-License-Identifier: Apache-2.0
using System.IO.Hashing;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Emission;

/// <summary>
/// Makes every symbol that new code needs findable in a stripped program: where no function of the patch tells its address,
/// an unchanged function comes along whose match does. A function is told by its own body, a variable by the smallest
/// function that refers to it. A body that the program has twice, or one of a few bytes, tells nothing; a function of
/// such a body that the patch replaces is told by one that refers to it. A global symbol without an anchor is left to the
/// program's dynamic symbols.
/// </summary>
internal sealed class Anchors
{
    /// <summary>Bytes outside fields that a body must have to be told from others.</summary>
    private const int FewestFixedBytes = 12;

    /// <summary>Bytes and pointers of a table that comes along.</summary>
    private const int LargestTable = 16384, MostPointers = 256;

    private readonly ChangeSet _changes;
    private readonly SymbolTable _symbols;
    private readonly OldFunctions _functions;
    private readonly List<(UnitDiff Unit, Piece Piece)> _candidates;
    private ILookup<int, (UnitDiff Unit, Piece Piece)>? _tellers;

    public Anchors(ChangeSet changes, SymbolTable symbols, OldFunctions functions)
    {
        _changes = changes;
        _symbols = symbols;
        _functions = functions;
        var bodies = changes.Units.Where(u => u.Old is not null)
            .SelectMany(u => u.Old!.Pieces.Where(p => IsUsable(p) && IsHome(changes, u, p)).Select(p => (Unit: u, Piece: p)));
        _candidates =
        [
            .. bodies.GroupBy(b => Convert.ToHexString(XxHash128.Hash(Shape.Masked(b.Piece))))
                .Where(g => g.Count() == 1).Select(g => g.Single())
                .OrderBy(b => b.Piece.Size).ThenBy(b => b.Unit.Unit, StringComparer.Ordinal).ThenBy(b => b.Piece.Index),
        ];
    }

    /// <summary>Anchors for what new code refers to.</summary>
    public IEnumerable<Refusal> AddFor(IEnumerable<PatchSection> sections)
    {
        var needed = sections.SelectMany(s => s.Relocations).Select(r => r.Symbol).Distinct().Order()
            .Where(s => !_symbols[s].IsDefinedByPatch && _symbols.HomeOf(s) is not null).ToList();
        foreach (int symbol in needed)
        {
            if (_functions.Tells(symbol))
            {
                continue;
            }
            if (FindAnchor(symbol) is var (unit, piece))
            {
                _functions.Add(unit, piece, OldFunctionRole.Anchor);
            }
            else if (!TryAddTable(symbol) && _symbols[symbol].Unit.Length > 0)
            {
                yield return DiffRefusals.Unanchored.About(_symbols[symbol].Display,
                    $"New code needs {_symbols[symbol].Display}, and no function of the running program tells its address unmistakably.")
                    with { Place = _symbols.HomeOf(symbol) is { } home ? home.Unit.Old!.Places.Of(home.Piece) : null };
            }
        }
    }

    /// <summary>Anchors for replaced functions and points that look like others.</summary>
    public void AddForLookalikes()
    {
        foreach (var function in _functions.ToImmutable().Where(f => f.Role is OldFunctionRole.Replaced or OldFunctionRole.Point))
        {
            var (unit, piece) = _symbols.HomeOf(function.Symbol)!.Value;
            if (IsCandidate(unit, piece))
            {
                continue;
            }
            if (Tellers(function.Symbol).FirstOrDefault(t => t.Piece != piece) is { Piece: not null } teller)
            {
                _functions.Add(teller.Unit, teller.Piece, OldFunctionRole.Anchor);
            }
            else
            {
                TryAddTable(function.Symbol);
            }
        }
    }

    private (UnitDiff Unit, Piece Piece)? FindAnchor(int symbol)
    {
        var (unit, piece) = _symbols.HomeOf(symbol)!.Value;
        return IsCandidate(unit, piece) ? (unit, piece) : Tellers(symbol).Select(t => ((UnitDiff, Piece)?)t).FirstOrDefault();
    }

    /// <summary>Data that holds the address of a function, and a function that tells where that data is.</summary>
    private bool TryAddTable(int symbol)
    {
        var (home, function) = _symbols.HomeOf(symbol)!.Value;
        if (function.Kind != PieceKind.Code)
        {
            return false;
        }
        var tables =
            from unit in _changes.Units
            where unit.Old is not null
            from table in unit.Old!.Pieces
            where table is { Kind: PieceKind.Constant or PieceKind.Writable, IsNamed: true, IsShared: false, IsInGroup: false } && table.Bytes.Length is > 0 and <= LargestTable
                && table.References.Length <= MostPointers
                && table.References.Any(r => r is { Type: Elf.RelocationType.Absolute64, Offset: 0 } && Means(unit, r, home, function))
            select (Unit: unit, Piece: table);
        foreach (var table in tables)
        {
            var teller = _candidates.FirstOrDefault(c => c.Piece.References.Any(r => Means(c.Unit, r, table.Unit, table.Piece)));
            if (teller.Piece is not null)
            {
                _functions.Add(teller.Unit, teller.Piece, OldFunctionRole.Anchor);
                _functions.AddTable(table.Unit, table.Piece);
                return true;
            }
        }
        return false;
    }

    private bool Means(UnitDiff unit, Reference reference, UnitDiff home, Piece piece) => reference.Target switch
    {
        PieceTarget inside => unit == home && inside.Piece == piece.Index,
        ExternalTarget outside => _changes.OldGlobals.Find(outside.Name) is { } found && found.Unit == home && found.Piece == piece,
        _ => false,
    };

    private bool IsCandidate(UnitDiff unit, Piece piece) => _candidates.Any(c => c.Unit.Unit == unit.Unit && c.Piece.Index == piece.Index);

    private IEnumerable<(UnitDiff Unit, Piece Piece)> Tellers(int symbol) => (_tellers ??= CollectTellers())[symbol];

    // Candidates are ordered by size, so that the first teller is the smallest.
    private ILookup<int, (UnitDiff Unit, Piece Piece)> CollectTellers() => (
        from candidate in _candidates
        from reference in candidate.Piece.References
        where RelocationField.Tells(reference.Type)
        let target = TargetOf(candidate.Unit, reference)
        where target is not null
        select (target: target.Value, candidate)).ToLookup(t => t.target, t => t.candidate);

    private int? TargetOf(UnitDiff unit, Reference reference) => reference.Target switch
    {
        PieceTarget inside when unit.Old!.Pieces[inside.Piece] is { IsResolver: true } => null,
        PieceTarget inside => _symbols.FindRunning(unit, unit.Old!.Pieces[inside.Piece], reference.Offset),
        ExternalTarget outside => _symbols.FindOutside(outside.Name),
        _ => null,
    };

    // Of the copies of a COMDAT group one is the program's: they are no lookalikes.
    private static bool IsHome(ChangeSet changes, UnitDiff unit, Piece piece) =>
        !piece.IsInGroup || (changes.OldGlobals.Find(piece.Name) is { } home && home.Unit == unit && home.Piece == piece);

    private static bool IsUsable(Piece piece) =>
        piece is { IsOneFunction: true, Undecodable: null }
        && piece.References.All(r => RelocationField.WidthOf(r.Type) is not null && r.Target is not UnsupportedTarget)
        && (long)piece.Size - piece.References.Sum(r => RelocationField.WidthOf(r.Type)!.Value) >= FewestFixedBytes;
}
