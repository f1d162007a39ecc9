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
        foreach (var unit in changes.Units.Where(u => u.IsCompared && changes.Included.Any(i => i.Unit == u && i.IsCode)))
        {
            var before = TypeLayouts.Of(unit.Old!.File);
            var present = before.IsEmpty ? before : TypeLayouts.Of(unit.New!.File);
            foreach (var after in present.Values.OrderBy(t => t.Name, StringComparer.Ordinal))
            {
                if (before.TryGetValue(after.Name, out var old) && old.Layout != after.Layout && seen.Add(after.Name))
                {
                    yield return DiffRefusals.TypeLayoutChanged.About(after.Name, $"The type {after.Name} (line {after.Line} of its file, used in {unit.Unit}) {Describe(old, after)}.");
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

    private static string Describe(TypeLayout old, TypeLayout after) => old.Size == after.Size
        ? $"has other members at the same size of {old.Size} bytes"
        : $"takes {after.Size} bytes instead of {old.Size}";

    // Itanium C++ ABI, 5.1.4: virtual tables, construction tables, type information.
    private static Refusal? About(UnitDiff unit, Piece piece)
    {
        string name = piece.Name;
        return name.Length < 4 || !name.StartsWith("_ZT", StringComparison.Ordinal) ? null : name[3] switch
        {
            'V' or 'T' or 'C' => DiffRefusals.VirtualFunctionsChanged.About(name, $"The virtual functions of a class differ ({name} of {unit.Unit}, {unit.Differences[piece.Index]}); objects that exist have the old table."),
            'I' or 'S' => DiffRefusals.TypeInformationChanged.About(name, $"The type information of a class differs ({name} of {unit.Unit}, {unit.Differences[piece.Index]}): its bases or its name."),
            _ => null,
        };
    }
}
