// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>A patch from two object files.</summary>
public static class ObjectBuild
{
    public static BuildResult Run(string oldObject, string newObject, BuildOptions options)
    {
        options.Progress?.Report(new BuildEvent(BuildStage.Comparing, $"comparing {Path.GetFileName(oldObject)} with {Path.GetFileName(newObject)}"));
        var (old, oldRefusal) = ElfReading.Read(oldObject);
        var (@new, newRefusal) = ElfReading.Read(newObject);
        var (buildId, buildIdRefusal) = options.InstalledFile is null ? (null, null) : ElfReading.ReadBuildId(options.InstalledFile);
        ImmutableArray<Refusal> refusals = [.. new[] { oldRefusal, newRefusal, buildIdRefusal }.OfType<Refusal>()];
        if (old is null || @new is null || !refusals.IsEmpty)
        {
            return BuildResult.Refused(refusals);
        }
        string name = options.ObjectName ?? (options.InstalledFile is null ? "" : Path.GetFileName(options.InstalledFile));
        var result = BuildResult.Of(
            ObjectDiffer.Diff(old, @new, new DiffOptions { ObjectName = name, BuildId = buildId, PointNames = options.PointNames, AllowedTypes = options.AllowedTypes }), options.Name);
        return InstalledCheck.Apply(result, options);
    }
}
