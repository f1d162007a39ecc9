// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Trees;

/// <summary>Finds the programs or libraries of a tree that a change reaches, and compares the objects that went into them.</summary>
internal static class TargetChoice
{
    /// <param name="isWanted">Says of an output's file name whether it may be the target.</param>
    /// <param name="buildIdOf">The build-id of the installed file of that name.</param>
    public static BuildResult Diff(TreePair trees, Func<string, bool> isWanted, Func<string, string?> buildIdOf, BuildOptions options)
    {
        if (!trees.HasChangedObjects)
        {
            return BuildResult.Refused(DiffRefusals.NoDifference.About(options.Name, "The two builds hold the same object files: the change reaches no compiled code."));
        }
        var reached = new List<(string Name, ImmutableArray<UnitPair> Units, DiffResult Diff)>();
        DiffResult? unchanged = null;
        foreach (var (path, file) in trees.Outputs.Where(o => isWanted(Path.GetFileName(o.Path))))
        {
            string name = Path.GetFileName(path);
            var (units, refusals) = UnitsOf(trees, name, file);
            if (!refusals.IsEmpty)
            {
                return BuildResult.Refused(refusals);
            }
            if (units.All(u => u.Old == u.New))
            {
                continue;
            }
            var diff = Compare(name, units, []);
            if (diff.Refusals is [{ Kind: var kind }] && kind == DiffRefusals.NoDifference)
            {
                unchanged = diff;
            }
            else if (!reached.Any(r => r.Name == name && IsSame(r.Diff, diff)))
            {
                reached.Add((name, units, diff));
            }
        }
        var result = reached switch
        {
            [] => unchanged is not null ? BuildResult.Of(unchanged, options) : BuildResult.Refused(BuildRefusals.NoTarget.About(options.Name,
                "The change reaches no object file of a program or library that is meant; check that it is compiled in this build.")),
            [var only] => BuildResult.Of(only.Diff, options),
            _ when AreAllNamed(reached.Select(r => r.Name), options) => BuildResult.Of(Together(reached, Compare), options),
            _ => BuildResult.Refused(BuildRefusals.SeveralTargets.About(options.Name,
                $"The change reaches {string.Join(" and ", reached.Select(r => r.Name))}; name what is meant with --object, once for each.")),
        };
        return result with { Units = reached.DistinctBy(r => r.Name).ToImmutableDictionary(r => r.Name, r => r.Units) };

        DiffResult Compare(string name, ImmutableArray<UnitPair> units, ImmutableArray<string> wanted) => ParallelDiff.Diff(units, options.ForDiff(name, buildIdOf(name)) with { WantedNames = wanted });
    }

    /// <summary>Compares again until each object brings along what is new in it and needed by the others.</summary>
    private static ImmutableArray<DiffResult> Together(
        List<(string Name, ImmutableArray<UnitPair> Units, DiffResult Diff)> reached, Func<string, ImmutableArray<UnitPair>, ImmutableArray<string>, DiffResult> compare)
    {
        var wanted = new string[reached.Count][];
        for (bool isGrowing = true; isGrowing;)
        {
            isGrowing = false;
            for (int i = 0; i < reached.Count; i++)
            {
                var (name, units, _) = reached[i];
                string[] needed = [.. reached.Where(r => r.Name != name).SelectMany(r => Needs(r.Diff)).Distinct().Order(StringComparer.Ordinal)];
                if (wanted[i] is null || !needed.SequenceEqual(wanted[i]))
                {
                    wanted[i] = needed;
                    reached[i] = (name, units, compare(name, units, [.. needed]));
                    isGrowing = true;
                }
            }
        }
        return [.. reached.Select(r => r.Diff)];
    }

    private static IEnumerable<string> Needs(DiffResult diff) =>
        diff.Patch?.Symbols.Where(s => s is { IsDefinedByPatch: false, Unit: "", Name.Length: > 0 }).Select(s => s.Name) ?? [];

    // A build may leave one program in two places: libtool does.
    private static bool IsSame(DiffResult one, DiffResult other) => one.Patch is not null && other.Patch is not null
        && PatchWriter.Encode([one.Patch], "").Bytes.AsSpan().SequenceEqual(PatchWriter.Encode([other.Patch], "").Bytes);

    // Several are meant only where they were said, one by one.
    private static bool AreAllNamed(IEnumerable<string> reached, BuildOptions options)
    {
        var names = reached.ToList();
        return names.Distinct().Count() == names.Count && options.ObjectNames.Length > 1;
    }

    private static (ImmutableArray<UnitPair> Units, ImmutableArray<Refusal> Refusals) UnitsOf(TreePair trees, string name, ElfFile output)
    {
        var program = new LinkedProgram(output);
        var members = trees.OldObjects.Where(o => program.Contains(trees.OldFile(o))).ToList();
        var (own, ambiguous) = WithoutTwins(trees, name, members);
        if (!ambiguous.IsEmpty)
        {
            return ([], ambiguous);
        }
        // An object of the new tree alone may have been added to any program: it counts where something needs it.
        var added = trees.NewObjects.Except(trees.OldObjects);
        return trees.Pair(own, own.Intersect(trees.NewObjects).Concat(added));
    }

    // A source file that is compiled for several programs gives objects that look alike. Which of them was linked does not matter where they change alike.
    private static (ImmutableArray<string> Own, ImmutableArray<Refusal> Refusals) WithoutTwins(TreePair trees, string name, List<string> members)
    {
        var own = new List<string>();
        var refusals = new List<Refusal>();
        foreach (var twins in members.GroupBy(m => Definitions(trees.OldFile(m))))
        {
            var ordered = twins.OrderByDescending(t => Path.GetFileName(t).StartsWith(name + "-", StringComparison.Ordinal))
                .ThenBy(t => t.Length).ThenBy(t => t, StringComparer.Ordinal).ToList();
            own.Add(ordered[0]);
            if (twins.Key.Length > 0 && ordered.Select(trees.IsChanged).Distinct().Count() > 1)
            {
                refusals.Add(BuildRefusals.AmbiguousObject.About(ordered[0],
                    $"{string.Join(" and ", ordered)} look like the same part of {name}, and only some of them changed."));
            }
        }
        return ([.. own], [.. refusals]);
    }

    private static string Definitions(ElfFile file) => string.Join(' ', file.Symbols
        .Where(s => s.IsDefined && s.Index > 0 && s.Kind is SymbolKind.Function or SymbolKind.Object)
        .Select(s => $"{s.Name}:{s.Size}").Order(StringComparer.Ordinal));
}
