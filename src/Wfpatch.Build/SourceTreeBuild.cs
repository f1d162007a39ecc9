// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Caches;
using Wfpatch.Build.Processes;
using Wfpatch.Build.Sources;
using Wfpatch.Build.Trees;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>
/// A patch from a source tree and patches of it: a copy of the tree is built without and with them, under watch, and the
/// objects are compared. What is built is kept and used again.
/// </summary>
public static class SourceTreeBuild
{
    /// <summary>Cancelling gives a refusal and leaves nothing half done.</summary>
    public static async Task<BuildResult> RunAsync(SourceBuildOptions options, CancellationToken cancel)
    {
        try
        {
            if (Missing(options) is { } missing)
            {
                return BuildResult.Refused(missing);
            }
            var (recipe, unknown) = BuildRecipe.For(options.Folder, options.Configure, options.Make);
            if (recipe is null)
            {
                return BuildResult.Refused(unknown!);
            }
            var cache = BuildCache.Open(options.CacheFolder);
            using var alone = await cache.LockAsync(cancel);
            var (trees, refusal) = await new SourceBuilds(cache, options, recipe, cancel).BothAsync();
            return trees is var (old, @new) ? TreeBuild.Run(old, @new, options.Common) : BuildResult.Refused(refusal!);
        }
        catch (OperationCanceledException)
        {
            return BuildResult.Refused(BuildRefusals.Cancelled.About(options.Folder, $"The build of {options.Folder} was cancelled; nothing half done is kept."));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return BuildResult.Refused(BuildFailure.Of(failure, options.Folder));
        }
    }

    private static Refusal? Missing(SourceBuildOptions options) =>
        !Directory.Exists(options.Folder) ? BuildRefusals.CannotRead.About(options.Folder, $"The folder {options.Folder} does not exist.")
        : options.EarlierFiles.AddRange(options.PatchFiles).FirstOrDefault(p => !File.Exists(p)) is { } patch ? BuildRefusals.CannotRead.About(patch, $"The source patch {patch} does not exist.")
        : null;
}
