// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing;

/// <summary>
/// Of the copies of a COMDAT group in several objects a program has one, and by the language's rules any will do (C++ standard,
/// "One-definition rule"). Compilers may make different code of them all the same: what one object inlines another one calls. Which one
/// the linker took is not known here, so that a group has changed where one of its copies has. That copy goes into a patch: the first one
/// that changed of the objects that have the group in both builds. What it replaces is whichever copy runs (<see cref="ComdatCopies"/>).
/// </summary>
internal sealed class ComdatChoice
{
    private readonly Dictionary<string, UnitDiff> _chosen = [];
    private readonly HashSet<string> _there = [];

    /// <param name="isChanged">Whether a new piece of a compared unit differs from the old one that it continues.</param>
    public ComdatChoice(IEnumerable<UnitDiff> units, Func<UnitDiff, Piece, bool> isChanged)
    {
        HashSet<string> changed = [];
        foreach (var unit in units)
        {
            var before = Signatures(unit.Old);
            var after = unit.IsUnchanged ? before : Signatures(unit.New);
            HashSet<string> own = [.. unit.IsCompared ? ChangedIn(unit, isChanged) : []];
            foreach (string group in before.Intersect(after))
            {
                if (!_chosen.TryGetValue(group, out var chosen) || (own.Contains(group) && !changed.Contains(group)) || (chosen.IsUnchanged && unit.IsCompared))
                {
                    _chosen[group] = unit;
                }
            }
            changed.UnionWith(own);
            _there.UnionWith(after);
        }
    }

    /// <summary>False for a copy that does not count: another unit's does.</summary>
    public bool Counts(UnitDiff unit, Piece piece) =>
        piece.Group is not { } group || !_chosen.TryGetValue(group, out var chosen) || chosen == unit;

    /// <summary>The unit whose copy counts; null where no unit has the group in both builds.</summary>
    public UnitDiff? UnitOf(Piece piece) => piece.Group is { } group ? _chosen.GetValueOrDefault(group) : null;

    /// <summary>Whether one object has a piece's group in both builds.</summary>
    public bool IsInBoth(Piece piece) => UnitOf(piece) is not null;

    /// <summary>Whether an object of the new build has the group of an old piece.</summary>
    public bool IsStillThere(Piece old) => old.Group is { } group && _there.Contains(group);

    private static IEnumerable<string> ChangedIn(UnitDiff unit, Func<UnitDiff, Piece, bool> isChanged) =>
        from piece in unit.New!.Pieces
        where piece is { Group: not null, Kind: PieceKind.Code or PieceKind.Constant or PieceKind.Writable or PieceKind.ThreadLocal }
            && unit.OldOf(piece) is not null && isChanged(unit, piece)
        select piece.Group!;

    private static HashSet<string> Signatures(ObjectModel? model) => [.. model?.Pieces.Select(p => p.Group).OfType<string>() ?? []];
}
