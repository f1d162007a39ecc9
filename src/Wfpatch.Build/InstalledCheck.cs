// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Patches;

namespace Wfpatch.Build;

/// <summary>The last step of each build: the patch against the installed file, or that part of it which has the file's name.</summary>
internal static class InstalledCheck
{
    public static BuildResult Apply(BuildResult result, BuildOptions options)
    {
        if (result.Patch is null || options.InstalledMatch is null || options.InstalledFile is null)
        {
            return result;
        }
        options.Progress?.Report(new BuildEvent(BuildStage.Matching, $"matching the patch with {options.InstalledFile}"));
        var (bytes, unreadable) = ElfReading.ReadBytes(options.InstalledFile);
        if (bytes is null)
        {
            return BuildResult.Refused(unreadable!);
        }
        string name = Path.GetFileName(options.InstalledFile);
        var part = result.Patch.Objects.FirstOrDefault(o => o.ObjectName == name) ?? result.Patch.Objects[0];
        // What is installed has not the fixes of earlier patches.
        var refusals = options.Requires.IsEmpty ? options.InstalledMatch.Check(part, bytes, options.InstalledFile) : [];
        var reports = result.Rebuilds.AddRange(Compare(result, part, bytes, options.InstalledMatch, options.InstalledFile));
        return refusals.IsEmpty ? result with { Rebuilds = reports } : new BuildResult(null, default, result.Changes, refusals) { Rebuilds = reports };
    }

    // Which functions belong to the program is known where the tree holds it linked.
    private static ImmutableArray<RebuildReport> Compare(BuildResult result, ObjectPatch part, byte[] bytes, IInstalledMatch match, string file)
    {
        if (!result.Units.TryGetValue(part.ObjectName, out var units))
        {
            return [];
        }
        var program = OldProgram.Of(units, part.ObjectName);
        return [RebuildReport.Of(program, part, file, match.FindDifferent(program, bytes, file))];
    }
}
