// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing;

/// <summary>
/// Of the copies of a COMDAT group in several objects a program has one, and by the language's rules any will do (C++ standard,
/// "One-definition rule"). Here it is that of the first object that has the group in both builds: that copy alone is compared, and
/// goes into a patch where it changed. Which copy the linker took does not matter: the old one is matched against what runs.
/// </summary>
internal sealed class ComdatChoice
{
    private readonly Dictionary<string, UnitDiff> _chosen = [];
    private readonly HashSet<string> _there = [];

    public ComdatChoice(IEnumerable<UnitDiff> units)
    {
        foreach (var unit in units)
        {
            var before = Signatures(unit.Old);
            var after = unit.IsUnchanged ? before : Signatures(unit.New);
            foreach (string group in before.Intersect(after))
            {
                _chosen.TryAdd(group, unit);
            }
            _there.UnionWith(after);
        }
    }

    /// <summary>False for a copy that does not count: another unit's does.</summary>
    public bool Counts(UnitDiff unit, Piece piece) =>
        piece.Group is not { } group || !_chosen.TryGetValue(group, out var chosen) || chosen == unit;

    /// <summary>Whether one object has a piece's group in both builds.</summary>
    public bool IsInBoth(Piece piece) => piece.Group is { } group && _chosen.ContainsKey(group);

    /// <summary>Whether an object of the new build has the group of an old piece.</summary>
    public bool IsStillThere(Piece old) => old.Group is { } group && _there.Contains(group);

    private static HashSet<string> Signatures(ObjectModel? model) => [.. model?.Pieces.Select(p => p.Group).OfType<string>() ?? []];
}
