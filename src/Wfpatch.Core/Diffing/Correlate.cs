// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing;

/// <summary>
/// Finds for each piece of the new object the piece of the old one that it continues: by name where names are the source's,
/// by content and use where the compiler numbered them. A function that finds no partner counts as added, which is always
/// right; a variable must not lose its state, so for variables doubt is told and not decided.
/// </summary>
internal sealed class Correlate
{
    private readonly ObjectModel _old;
    private readonly ObjectModel _new;
    private readonly int[] _newToOld;
    private readonly int[] _oldToNew;
    private readonly List<Piece> _undecided = [];

    private Correlate(ObjectModel old, ObjectModel @new)
    {
        _old = old;
        _new = @new;
        _newToOld = [.. Enumerable.Repeat(-1, @new.Pieces.Length)];
        _oldToNew = [.. Enumerable.Repeat(-1, old.Pieces.Length)];
    }

    public static Correlation Pieces(ObjectModel old, ObjectModel @new)
    {
        var run = new Correlate(old, @new);
        run.ByExactName();
        run.NumberedFunctions();
        run.NumberedConstants();
        run.NumberedVariables();
        run.UnnamedByOwner();
        run.UnnamedBySection();
        return new Correlation([.. run._newToOld], [.. run._oldToNew], [.. run._undecided]);
    }

    private IEnumerable<Piece> FreeOld => _old.Pieces.Where(p => _oldToNew[p.Index] < 0 && p.Kind != PieceKind.Merged);

    private IEnumerable<Piece> FreeNew => _new.Pieces.Where(p => _newToOld[p.Index] < 0 && p.Kind != PieceKind.Merged);

    private void Pair(Piece old, Piece @new)
    {
        _oldToNew[old.Index] = @new.Index;
        _newToOld[@new.Index] = old.Index;
    }

    private void ByExactName()
    {
        var oldNames = Keys(FreeOld);
        foreach (var (key, candidates) in Keys(FreeNew))
        {
            if (candidates.Count == 1 && oldNames.TryGetValue(key, out var old) && old.Count == 1
                && _oldToNew[old[0].Index] < 0 && _newToOld[candidates[0].Index] < 0)
            {
                Pair(old[0], candidates[0]);
            }
        }
    }

    // Every name of a piece counts, so that a function keeps its identity when an alias comes or goes.
    private static Dictionary<(bool IsCode, string Name), List<Piece>> Keys(IEnumerable<Piece> pieces)
    {
        var keys = new Dictionary<(bool, string), List<Piece>>();
        foreach (var piece in pieces)
        {
            foreach (string name in piece.Symbols.Where(s => !s.IsLocal || !SymbolNames.HasNumber(s.Name)).Select(s => s.Name).Distinct())
            {
                var key = (piece.Kind == PieceKind.Code, name);
                if (!keys.TryGetValue(key, out var list))
                {
                    keys.Add(key, list = []);
                }
                list.Add(piece);
            }
        }
        return keys;
    }

    private void NumberedFunctions()
    {
        foreach (var (old, @new) in NumberedGroups(p => p.Kind == PieceKind.Code))
        {
            PairBy(old, @new, p => Shape.Of(_old, p), p => Shape.Of(_new, p), takeFirst: true);
            PairBy(old, @new, p => p.Name, p => p.Name, takeFirst: false);
            PairBy(old, @new, _ => "", _ => "", takeFirst: false);
        }
    }

    private void NumberedConstants()
    {
        foreach (var (old, @new) in NumberedGroups(p => p.Kind == PieceKind.Constant))
        {
            PairBy(old, @new, p => Shape.Of(_old, p) + Users(_old, p), p => Shape.Of(_new, p) + Users(_new, p), takeFirst: true);
            PairBy(old, @new, p => Shape.Of(_old, p), p => Shape.Of(_new, p), takeFirst: true);
            PairBy(old, @new, p => Users(_old, p), p => Users(_new, p), takeFirst: false);
        }
    }

    // A static local is known by its name and by the functions that use it. Equal users decide; else one common user does.
    private void NumberedVariables()
    {
        foreach (var (old, @new) in NumberedGroups(p => p.Kind is PieceKind.Writable or PieceKind.ThreadLocal))
        {
            PairBy(old, @new, p => Users(_old, p), p => Users(_new, p), takeFirst: false);
            PairBy(old, @new, p => $"{Users(_old, p)} {p.Size} {Shape.Of(_old, p)}", p => $"{Users(_new, p)} {p.Size} {Shape.Of(_new, p)}", takeFirst: false);
            var freeOld = old.Where(p => _oldToNew[p.Index] < 0).ToList();
            var freeNew = @new.Where(p => _newToOld[p.Index] < 0).ToList();
            foreach (var (a, b) in OnlyCommonUser(freeOld, freeNew))
            {
                Pair(a, b);
            }
            freeOld.RemoveAll(p => _oldToNew[p.Index] >= 0);
            freeNew.RemoveAll(p => _newToOld[p.Index] >= 0);
            if (TryByNumbers(freeOld, freeNew))
            {
                continue;
            }
            if (freeOld.Count > 0 && freeNew.Count > 0)
            {
                _undecided.AddRange(freeOld.Concat(freeNew));
            }
        }
    }

    // Two statics of one name in one function: their numbers decide, if then every function that uses them is the same as before.
    private bool TryByNumbers(List<Piece> old, List<Piece> @new)
    {
        var pairs = old.Join(@new, p => p.Name, p => p.Name, (a, b) => (Old: a, New: b)).ToList();
        if (pairs.Count != old.Count || pairs.Count != @new.Count)
        {
            return false;
        }
        pairs.ForEach(p => Pair(p.Old, p.New));
        var trial = new Correlation([.. _newToOld], [.. _oldToNew], []);
        bool isProved = pairs.SelectMany(p => _new.ReferrersOf(p.New.Index)).All(user =>
            trial.NewToOld[user.Index] is >= 0 and var index && Compare.Difference(_old, _new, trial, _old.Pieces[index], user) is null);
        foreach (var (a, b) in isProved ? [] : pairs)
        {
            _oldToNew[a.Index] = _newToOld[b.Index] = -1;
        }
        return isProved;
    }

    private List<(Piece Old, Piece New)> OnlyCommonUser(List<Piece> old, List<Piece> @new)
    {
        bool Meet(Piece a, Piece b) => UserSet(_old, a).Overlaps(UserSet(_new, b));
        return
        [
            .. from a in old
               let partners = @new.Where(b => Meet(a, b)).ToList()
               where partners.Count == 1 && old.Count(o => Meet(o, partners[0])) == 1
               select (a, partners[0]),
        ];
    }

    private List<(List<Piece> Old, List<Piece> New)> NumberedGroups(Func<Piece, bool> isWanted)
    {
        static bool IsNumbered(Piece p) => p is { IsNamed: true, IsGlobal: false } && SymbolNames.HasNumber(p.Name);
        var old = FreeOld.Where(p => IsNumbered(p) && isWanted(p)).ToLookup(p => SymbolNames.WithoutNumbers(p.Name));
        return
        [
            .. FreeNew.Where(p => IsNumbered(p) && isWanted(p)).GroupBy(p => SymbolNames.WithoutNumbers(p.Name))
                .Where(g => old.Contains(g.Key))
                .Select(g => (old[g.Key].ToList(), g.ToList())),
        ];
    }

    private void PairBy(List<Piece> old, List<Piece> @new, Func<Piece, string> oldKey, Func<Piece, string> newKey, bool takeFirst)
    {
        var oldGroups = old.Where(p => _oldToNew[p.Index] < 0).GroupBy(oldKey).ToDictionary(g => g.Key, g => g.ToList());
        foreach (var group in @new.Where(p => _newToOld[p.Index] < 0).GroupBy(newKey).ToList())
        {
            var candidates = group.ToList();
            if (oldGroups.TryGetValue(group.Key, out var partners) && (takeFirst || (candidates.Count == 1 && partners.Count == 1)))
            {
                foreach (var (a, b) in partners.Zip(candidates))
                {
                    Pair(a, b);
                }
            }
        }
    }

    private static HashSet<string> UserSet(ObjectModel model, Piece piece) =>
        [.. model.ReferrersOf(piece.Index).Select(r => SymbolNames.SourceFunction(r.Name))];

    private static string Users(ObjectModel model, Piece piece) => string.Join(',', UserSet(model, piece).Order(StringComparer.Ordinal));

    // A jump table has no name; its function has.
    private void UnnamedByOwner()
    {
        static int Owner(ObjectModel model, Piece piece) => model.ReferrersOf(piece.Index).Select(p => p.Index).Take(2).ToArray() is [var only] ? only : -1;
        var old = FreeOld.Where(p => p is { Kind: PieceKind.Constant, IsNamed: false }).ToLookup(p => Owner(_old, p));
        foreach (var group in FreeNew.Where(p => p is { Kind: PieceKind.Constant, IsNamed: false }).GroupBy(p => Owner(_new, p)).ToList())
        {
            int owner = group.Key < 0 ? -1 : _newToOld[group.Key];
            if (owner >= 0 && old[owner].ToArray() is [var partner] && group.ToArray() is [var only])
            {
                Pair(partner, only);
            }
        }
    }

    private void UnnamedBySection()
    {
        static bool IsUnnamed(Piece p) => !p.IsNamed || p.Kind is PieceKind.UnwindTable or PieceKind.Unknown or PieceKind.Initializers or PieceKind.ExceptionTable;
        var old = FreeOld.Where(IsUnnamed).ToLookup(p => (p.Kind, p.SectionName));
        foreach (var group in FreeNew.Where(IsUnnamed).GroupBy(p => (p.Kind, p.SectionName)).ToList())
        {
            foreach (var (a, b) in old[group.Key].Zip(group))
            {
                Pair(a, b);
            }
        }
    }
}
