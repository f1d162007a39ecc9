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
        string? installed = options.InstalledFile is null ? null : Path.GetFileName(options.InstalledFile);
        var wanted = options.ObjectNames.IsEmpty && installed is not null ? options with { ObjectNames = [installed] } : options;
        var result = trees.Outputs.Count == 0
            ? DiffAll(trees, buildId, options)
            : TargetChoice.Diff(trees, wanted.IsWanted, _ => buildId, options);
        return InstalledCheck.Apply(result, options);
    }

    private static BuildResult DiffAll(TreePair trees, string? buildId, BuildOptions options)
    {
        var (units, refusals) = trees.Pair(trees.OldObjects, trees.NewObjects);
        return refusals.IsEmpty
            ? BuildResult.Of(ParallelDiff.Diff(units, options.ForDiff(options.SingleName, buildId)), options)
            : BuildResult.Refused(refusals);
    }
}
