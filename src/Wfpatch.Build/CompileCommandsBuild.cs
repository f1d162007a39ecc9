// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Caches;
using Wfpatch.Build.Processes;
using Wfpatch.Build.Units;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>
/// A patch from a compilation database and patches of the source: the units that read what changes are compiled twice, as
/// the database says, and nothing else is built.
/// </summary>
public static class CompileCommandsBuild
{
    /// <summary>Cancelling gives a refusal and leaves nothing half done.</summary>
    public static async Task<BuildResult> RunAsync(CompileCommandsOptions options, CancellationToken cancel)
    {
        try
        {
            if (options.PatchFiles.Append(options.DatabaseFile).FirstOrDefault(f => !File.Exists(f)) is { } missing)
            {
                return BuildResult.Refused(BuildRefusals.CannotRead.About(missing, $"{missing} does not exist."));
            }
            var cache = BuildCache.Open(options.CacheFolder);
            using var alone = await cache.LockAsync(cancel);
            var builds = new UnitBuilds(cache, options, cancel);
            try
            {
                var (units, refusal) = await builds.BothAsync();
                return units is null ? BuildResult.Refused(refusal!) : Compare(units.Value, options.Common);
            }
            finally
            {
                builds.Remove();
            }
        }
        catch (OperationCanceledException)
        {
            return BuildResult.Refused(BuildRefusals.Cancelled.About(options.DatabaseFile, $"The build of {options.DatabaseFile} was cancelled; nothing half done is kept."));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return BuildResult.Refused(BuildFailure.Of(failure, options.DatabaseFile));
        }
    }

    private static BuildResult Compare(System.Collections.Immutable.ImmutableArray<UnitPair> units, BuildOptions options)
    {
        options.Progress?.Report(new BuildEvent(BuildStage.Comparing, $"comparing {units.Length} unit(s)"));
        var (buildId, unreadable) = options.InstalledFile is null ? (null, null) : ElfReading.ReadBuildId(options.InstalledFile);
        if (unreadable is not null)
        {
            return BuildResult.Refused(unreadable);
        }
        var diff = ParallelDiff.Diff(units, options.ForDiff(options.SingleName, buildId));
        return InstalledCheck.Apply(BuildResult.Of(diff, options), options);
    }
}
