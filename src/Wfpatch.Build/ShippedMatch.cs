// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build.Debian;
using Wfpatch.Build.Trees;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>
/// Whether what units were before a change is what is shipped, asked of the change's patch by the run-pre match. No program was linked, so it is not known
/// which unit went into which file: each is looked for in all of them.
/// </summary>
internal static class ShippedMatch
{
    /// <param name="units">Old: as shipped.</param>
    /// <returns>In words: how many functions are the shipped ones, and in which files.</returns>
    public static string Describe(ImmutableArray<UnitPair> units, ImmutableArray<ShippedFile> shipped, string program)
    {
        var backward = ParallelDiff.Diff(units, new DiffOptions { ObjectName = program });
        if (backward.Patch is not { } patch)
        {
            return $"not asked: the way back is refused ({Codes(backward.Refusals)})";
        }
        var match = new RunPreInstalledMatch();
        if (shipped.FirstOrDefault(file => match.Check(patch, file.Bytes, file.Name).IsEmpty) is { } one)
        {
            return $"all {patch.OldFunctions.Count(f => f.Role != OldFunctionRole.Copy)} functions are those of {one.Name}";
        }
        return ByUnit(units, shipped, match) ?? $"not the shipped ones ({Codes(match.Check(patch, shipped[0].Bytes, shipped[0].Name))})";
    }

    /// <returns>Null where no unit alone is in any file.</returns>
    private static string? ByUnit(ImmutableArray<UnitPair> units, ImmutableArray<ShippedFile> shipped, RunPreInstalledMatch match)
    {
        SortedSet<string> found = new(StringComparer.Ordinal), missing = new(StringComparer.Ordinal);
        int matched = 0;
        foreach (var unit in units)
        {
            if (ParallelDiff.Diff([unit], new DiffOptions { ObjectName = unit.Unit }).Patch is not { } patch)
            {
                continue;
            }
            ImmutableArray<string> holders = [.. shipped.Where(file => match.Check(patch, file.Bytes, file.Name).IsEmpty).Select(file => file.Name)];
            found.UnionWith(holders);
            matched += holders.IsEmpty ? 0 : 1;
            if (holders.IsEmpty)
            {
                missing.Add(unit.Unit);
            }
        }
        return matched == 0 ? null
            : $"unit by unit: {matched} are in {string.Join(", ", found)}" + (missing.Count > 0 ? $"; not found: {string.Join(", ", missing)}" : "");
    }

    private static string Codes(ImmutableArray<Refusal> refusals) => string.Join(" ", refusals.Select(r => r.Code).Distinct());
}
