// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>Linkage is settled when a program is linked: names, aliases, weakness and types must stay.</summary>
internal static class SymbolRules
{
    public static IEnumerable<Refusal> Check(ChangeSet changes) =>
        changes.Units.Where(u => u.IsCompared).SelectMany(u => CheckUnit(changes, u));

    private static IEnumerable<Refusal> CheckUnit(ChangeSet changes, UnitDiff unit)
    {
        foreach (var @new in unit.New!.Pieces.Where(p => p.IsNamed && changes.Comdat.Counts(unit, p)))
        {
            if (unit.OldOf(@new) is not { } old)
            {
                continue;
            }
            foreach (string name in Facts(old).Except(Facts(@new)).Concat(Facts(@new).Except(Facts(old))).Select(f => f.Name).Distinct())
            {
                yield return DiffRefusals.SymbolChanged.About(name, $"{name} of {unit.Unit} differs in binding, visibility, type or aliases between the two builds.").At(unit, @new);
            }
        }
        foreach (string name in Weak(unit.New).Except(Weak(unit.Old!)).Concat(Weak(unit.Old!).Except(Weak(unit.New))).Distinct())
        {
            if (Outside(unit.Old!).Contains(name) && Outside(unit.New).Contains(name))
            {
                yield return DiffRefusals.SymbolChanged.About(name, $"{name}, which {unit.Unit} refers to, is weak in one of the builds only.");
            }
        }
    }

    // Local names are the compiler's affair (clones are renumbered); a local symbol that became global shows as a global one that is new.
    private static HashSet<(string Name, SymbolBinding Binding, byte Visibility, SymbolKind Kind, ulong Value)> Facts(Piece piece) =>
        [.. piece.Symbols.Where(s => !s.IsLocal).Select(s => (s.Name, s.Binding, s.Visibility, s.Kind, piece.IsShared ? 0 : s.Value))];

    private static HashSet<string> Outside(ObjectModel model) => [.. model.File.Symbols.Where(s => s.Index > 0 && !s.IsDefined).Select(s => s.Name)];

    private static HashSet<string> Weak(ObjectModel model) =>
        [.. model.File.Symbols.Where(s => s.Index > 0 && !s.IsDefined && s.Binding == SymbolBinding.Weak).Select(s => s.Name)];
}
