// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.IO.Hashing;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Diffing;

/// <summary>The copies of inline functions in the objects of the old build. Where their code differs, the program runs one of them that nobody can tell before.</summary>
internal sealed class ComdatCopies
{
    private readonly Lazy<ILookup<(string Group, string Name), (UnitDiff Unit, Piece Piece)>> _copies;

    public ComdatCopies(IEnumerable<UnitDiff> units) => _copies = new(() => (
        from unit in units
        where unit.Old is not null
        from piece in unit.Old!.Pieces
        where piece is { Group: not null, IsGlobal: true, IsOneFunction: true, Undecodable: null } && piece.References.All(r => RelocationField.WidthOf(r.Type) is not null)
        select (Key: (piece.Group!, piece.Name), Copy: (unit, piece))).ToLookup(c => c.Key, c => c.Copy));

    /// <summary>The copies that do not look like this one nor like each other, in the order of the units.</summary>
    public IEnumerable<(UnitDiff Unit, Piece Piece)> OthersThan(UnitDiff unit, Piece old)
    {
        if (old.Group is not { } group)
        {
            yield break;
        }
        HashSet<string> seen = [Look(unit.Old!, old)];
        foreach (var copy in _copies.Value[(group, old.Name)])
        {
            if (seen.Add(Look(copy.Unit.Old!, copy.Piece)))
            {
                yield return copy;
            }
        }
    }

    /// <summary>Equal for functions with the same code, whose fields mean the same. What has no name is told by its content.</summary>
    public static string Look(ObjectModel model, Piece piece)
    {
        var nameless = piece.References.Select(r => r.Target).OfType<PieceTarget>().Select(t => model.Pieces[t.Piece]).Where(p => !p.IsNamed)
            .Select(p => Convert.ToHexStringLower(XxHash128.Hash(Shape.Masked(p))));
        return string.Create(CultureInfo.InvariantCulture, $"{Shape.Of(model, piece)} {string.Join(' ', nameless)}");
    }
}
