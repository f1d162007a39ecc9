// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Diffing.Types;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>
/// What a compiler concludes from one version of a unit holds for that version alone. Where nothing in the new one writes a static variable, it makes
/// the initial value a part of the code; but the running program may hold what old code has written. Where nothing in the old one read a variable, old code
/// has not written it; new code that reads it would find the initial value. Debug information alone tells this from a variable that is gone or new.
/// </summary>
internal static class LeftOutRules
{
    public static IEnumerable<Refusal> Check(ChangeSet changes, DiffOptions options)
    {
        foreach (var group in DataRules.Removed(changes).Where(r => r.Old.Kind == PieceKind.Writable).GroupBy(r => r.Unit))
        {
            var leftOut = LeftOutVariables.Of(group.Key.New!);
            foreach (var (unit, old) in group.Where(r => !options.AllowedData.Contains(SymbolNames.WithoutNumbers(r.Old.Name))))
            {
                if (leftOut.LineOf(old, Users(unit.Old!, old)) is { } line)
                {
                    yield return About(unit, old, line, "The compiler of the new build left it out, since nothing there writes it or nothing reads it; the running program has a value of its own.");
                }
            }
        }
        foreach (var group in changes.Included.Where(i => i.New.Kind == PieceKind.Writable && i.Old is null && i.Unit.IsCompared).GroupBy(i => i.Unit))
        {
            var leftOut = LeftOutVariables.Of(group.Key.Old!);
            foreach (var piece in group.Select(i => i.New).Where(p => !DataRules.IsAllowed(changes, options, group.Key, p)))
            {
                if (leftOut.LineOf(piece, Users(group.Key.New!, piece)) is { } line)
                {
                    yield return About(group.Key, piece, line, "The compiler of the old build left it out, since nothing there wrote it or nothing read it; what it would hold now is not known.");
                }
            }
        }
    }

    private static string[] Users(ObjectModel unit, Piece piece) => [.. unit.ReferrersOf(piece.Index).Select(r => SymbolNames.SourceFunction(r.Name)).Distinct()];

    private static Refusal About(UnitDiff unit, Piece piece, ulong line, string why)
    {
        string name = SymbolNames.WithoutNumbers(piece.Name);
        return DiffRefusals.VariableLeftOut.About(name, $"The source of {unit.Unit} has the variable {name} (line {line}) in both versions. {why}");
    }
}
