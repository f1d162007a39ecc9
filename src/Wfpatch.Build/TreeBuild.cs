// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Trees;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>A patch from two build trees: objects are paired by their path within the tree. Where the old tree holds the linked
/// program too (unstripped), it tells which of the objects belong to it.</summary>
public static class TreeBuild
{
    public static BuildResult Run(string oldTree, string newTree, BuildOptions options)
    {
        options.Progress?.Report(new BuildEvent(BuildStage.Comparing, $"comparing the objects of {oldTree} and {newTree}"));
        var (trees, refusal) = TreePair.Read(oldTree, newTree);
        if (trees is null)
        {
            return BuildResult.Refused(refusal!);
        }
        var (buildId, unreadable) = options.InstalledFile is null ? (null, null) : ElfReading.ReadBuildId(options.InstalledFile);
        if (unreadable is not null)
        {
            return BuildResult.Refused(unreadable);
        }
        string? wanted = options.ObjectName ?? (options.InstalledFile is null ? null : Path.GetFileName(options.InstalledFile));
        var result = trees.Outputs.Count == 0
            ? DiffAll(trees, wanted, buildId, options)
            : TargetChoice.Diff(trees, name => wanted is null || name == wanted, _ => buildId, options);
        return InstalledCheck.Apply(result, options);
    }

    private static BuildResult DiffAll(TreePair trees, string? name, string? buildId, BuildOptions options)
    {
        var (units, refusals) = trees.Pair(trees.OldObjects, trees.NewObjects);
        return refusals.IsEmpty
            ? BuildResult.Of(ObjectDiffer.Diff(units, new DiffOptions { ObjectName = name ?? "", BuildId = buildId, PointNames = options.PointNames, AllowedTypes = options.AllowedTypes }), options.Name)
            : BuildResult.Refused(refusals);
    }
}
