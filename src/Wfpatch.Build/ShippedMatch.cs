// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build.Debian;
using Wfpatch.Build.Trees;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>What the shipped files say of a change.</summary>
/// <param name="Text">In words: how many functions are the shipped ones, and in which files.</param>
/// <param name="Backward">The bytes of a patch file that takes the change out of these files; empty where not all of its units were found.</param>
internal sealed record ShippedFinding(string Text, ReadOnlyMemory<byte> Backward);

/// <summary>
/// Whether what units were before a change is what is shipped, asked of the change's patch by the run-pre match. No program was linked, so it is not known
/// which unit went into which file: each is looked for in all of them.
/// </summary>
internal static class ShippedMatch
{
    /// <param name="units">Old: as shipped.</param>
    /// <param name="name">Of the patch file.</param>
    public static ShippedFinding Find(ImmutableArray<UnitPair> units, ImmutableArray<ShippedFile> shipped, string program, string name)
    {
        var backward = Diff(units, program);
        if (backward.Patch is not { } patch)
        {
            return new($"not asked: the way back is refused ({Codes(backward.Refusals)})", default);
        }
        // A program under several names is one file under each of them.
        ImmutableArray<ShippedFile> files = [.. shipped.OrderByDescending(file => file.Name == program)];
        var match = new RunPreInstalledMatch();
        if (files.FirstOrDefault(file => Fits(file, patch)) is { } one)
        {
            return new($"all {patch.OldFunctions.Count(f => f.Role != OldFunctionRole.Copy)} functions are those of {one.Name}", Encode([Diff(units, one.Name)], name));
        }
        return ByUnit(units, files, Fits, name) ?? new($"not the shipped ones: {string.Join(" ", match.Check(patch, files[0].Bytes, files[0].Name).Select(r => $"{r.Code}, {r.Sentence}"))}", default);

        bool Fits(ShippedFile file, ObjectPatch asked) => match.Check(asked, file.Bytes, file.Name).IsEmpty;
    }

    /// <returns>Null where no unit alone is in any file.</returns>
    private static ShippedFinding? ByUnit(ImmutableArray<UnitPair> units, ImmutableArray<ShippedFile> files, Func<ShippedFile, ObjectPatch, bool> fits, string name)
    {
        SortedSet<string> found = new(StringComparer.Ordinal), missing = new(StringComparer.Ordinal);
        List<(UnitPair Unit, string Holder)> held = [];
        foreach (var unit in units)
        {
            var alone = Diff([unit], files[0].Name);
            ImmutableArray<string> holders = [.. files.Where(file => alone.Patch is { } patch && fits(file, patch)).Select(file => file.Name)];
            found.UnionWith(holders);
            if (!holders.IsEmpty)
            {
                held.Add((unit, holders[0]));
            }
            else if (alone.Refusals.All(r => r.Kind != DiffRefusals.NoDifference))
            {
                missing.Add(unit.Unit);
            }
        }
        if (held.Count == 0)
        {
            return null;
        }
        string text = $"unit by unit: {held.Count} are in {string.Join(", ", found)}" + (missing.Count > 0 ? $"; not found: {string.Join(", ", missing)}" : "");
        return new(text, missing.Count > 0 ? default : Encode([.. held.GroupBy(h => h.Holder).Select(g => Diff([.. g.Select(h => h.Unit)], g.Key))], name));
    }

    private static DiffResult Diff(ImmutableArray<UnitPair> units, string file) => ParallelDiff.Diff(units, new DiffOptions { ObjectName = file });

    private static ReadOnlyMemory<byte> Encode(ImmutableArray<DiffResult> diffs, string name) => BuildResult.Of(diffs, new BuildOptions { Name = name }).Bytes;

    private static string Codes(ImmutableArray<Refusal> refusals) => string.Join(" ", refusals.Select(r => r.Code).Distinct());
}
