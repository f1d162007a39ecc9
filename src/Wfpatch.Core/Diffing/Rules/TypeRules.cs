// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Diffing.Types;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>
/// What objects in memory look like must stay: the program has made some by the old code, and both versions use them. Layouts are known
/// where the objects have debug information; virtual functions and type information always.
/// </summary>
internal static class TypeRules
{
    public static IEnumerable<Refusal> Check(ChangeSet changes, DiffOptions options)
    {
        var seen = new HashSet<string>(options.AllowedTypes);
        foreach (var unit in WithChangedCode(changes))
        {
            var before = unit.Old!.Types.All;
            var present = before.IsEmpty ? before : unit.New!.Types.All;
            foreach (var after in present.Values.OrderBy(t => t.Name, StringComparer.Ordinal))
            {
                if (before.TryGetValue(after.Name, out var old) && old.Layout != after.Layout && seen.Add(after.Name))
                {
                    yield return DiffRefusals.TypeLayoutChanged.About(after.Name, $"The type {after.Name} (used in {unit.Unit}) {Describe(old, after)}.")
                        with { Place = unit.New!.Places.Of(after.Entry) };
                }
            }
        }
        foreach (var unit in changes.Units.Where(u => u.IsCompared))
        {
            foreach (var piece in unit.New!.Pieces.Where(p => p is { Kind: PieceKind.Constant, IsNamed: true } && changes.Comdat.Counts(unit, p) && unit.Differences.ContainsKey(p.Index)))
            {
                if (About(unit, piece) is { } refusal && seen.Add(piece.Name))
                {
                    yield return refusal;
                }
            }
        }
    }

    /// <summary>Units with changed code whose layouts nothing tells.</summary>
    public static IEnumerable<Refusal> Notes(ChangeSet changes)
    {
        var unknown = WithChangedCode(changes).Select(u => (u.Unit, Obstacle: u.Old!.Types.Obstacle is { } old ? $"the old build's {old}" : u.New!.Types.Obstacle is { } @new ? $"the new build's {@new}" : null));
        foreach (var same in unknown.Where(u => u.Obstacle is not null).GroupBy(u => u.Obstacle!))
        {
            var (first, count) = (same.First().Unit, same.Count());
            string others = count == 1 ? "" : $" and {count - 1} other unit(s)";
            yield return DiffRefusals.TypeLayoutChanged.About(first, $"Whether types have another layout in {first}{others} was not looked at: {same.Key}.");
        }
    }

    private static string Class(string symbol) => ClassNames.Of(symbol) is { } name ? $"the class {name}" : "a class";

    private static IEnumerable<UnitDiff> WithChangedCode(ChangeSet changes) => changes.Units.Where(u => u.IsCompared && changes.Included.Any(i => i.Unit == u && i.IsCode));

    private static string Describe(TypeLayout old, TypeLayout after) => old.Size == after.Size
        ? $"has other members at the same size of {old.Size} bytes"
        : $"takes {after.Size} bytes instead of {old.Size}";

    // Itanium C++ ABI, 5.1.4: virtual tables, construction tables, type information.
    private static Refusal? About(UnitDiff unit, Piece piece)
    {
        string name = piece.Name;
        return name.Length < 4 || !name.StartsWith("_ZT", StringComparison.Ordinal) ? null : name[3] switch
        {
            'V' or 'T' or 'C' => DiffRefusals.VirtualFunctionsChanged.About(name, $"The virtual functions of {Class(name)} differ ({name} of {unit.Unit}, {unit.Differences[piece.Index]}); objects that exist have the old table.").At(unit, piece),
            'I' or 'S' => DiffRefusals.TypeInformationChanged.About(name, $"The type information of {Class(name)} differs ({name} of {unit.Unit}, {unit.Differences[piece.Index]}): its bases or its name.").At(unit, piece),
            _ => null,
        };
    }
}
