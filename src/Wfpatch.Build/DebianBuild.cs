// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Caches;
using Wfpatch.Build.Debian;
using Wfpatch.Build.Processes;
using Wfpatch.Build.Trees;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>
/// A patch for an installed Debian package from a patch of its source: the installed version's source is built twice with
/// its own flags, without and with the patch, and the objects are compared. What is built is kept and used again.
/// </summary>
public static class DebianBuild
{
    /// <summary>Needs root (or sudo that asks for no password) only to install missing build dependencies. Cancelling gives a
    /// refusal and leaves nothing half done.</summary>
    public static async Task<BuildResult> RunAsync(DebianBuildOptions options, CancellationToken cancel)
    {
        try
        {
            var (package, notInstalled) = await FindPackageAsync(options, cancel);
            if (package is null)
            {
                return BuildResult.Refused(notInstalled!);
            }
            var (trees, refusal) = await BuildTreesAsync(options, package, cancel);
            return trees is null ? BuildResult.Refused(refusal!) : Compare(options, package, trees);
        }
        catch (OperationCanceledException)
        {
            return BuildResult.Refused(BuildRefusals.Cancelled.About(options.Package, $"The build for {options.Package} was cancelled; nothing half done is kept."));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return BuildResult.Refused(BuildFailure.Of(failure, options.Package));
        }
    }

    private static async Task<(InstalledPackage? Package, Refusal? Refusal)> FindPackageAsync(DebianBuildOptions options, CancellationToken cancel)
    {
        if (options.EarlierFiles.AddRange(options.PatchFiles).FirstOrDefault(p => !File.Exists(p)) is { } missing)
        {
            return (null, BuildRefusals.CannotRead.About(missing, $"The source patch {missing} does not exist."));
        }
        options.Common.Progress?.Report(new BuildEvent(BuildStage.Package, $"looking up the package {options.Package}"));
        return await InstalledPackage.FindAsync(options.Package, cancel);
    }

    private static async Task<(TreePair? Trees, Refusal? Refusal)> BuildTreesAsync(DebianBuildOptions options, InstalledPackage package, CancellationToken cancel)
    {
        var cache = BuildCache.Open(options.CacheFolder);
        using var alone = await cache.LockAsync(cancel);
        var place = new BuildPlace();
        if (options.InChroot)
        {
            var (chroot, noChroot) = await Chroot.OpenAsync(cache, package, options.Common.Progress, cancel);
            if (chroot is null)
            {
                return (null, noChroot);
            }
            place = chroot;
        }
        var builds = new PackageBuilds(cache, package, place, options.Common.Progress, cancel);
        var (paths, refusal) = await builds.BothAsync(options.PatchFiles, options.SeriesFolder, options.EarlierFiles);
        if (paths is not var (old, @new))
        {
            return (null, refusal);
        }
        options.Common.Progress?.Report(new BuildEvent(BuildStage.Comparing, "comparing the objects of both builds"));
        return TreePair.Read(old, @new);
    }

    private static BuildResult Compare(DebianBuildOptions options, InstalledPackage package, TreePair trees)
    {
        var installed = package.Programs.ToLookup(p => Path.GetFileName(p));
        var result = TargetChoice.Diff(
            trees,
            name => installed.Contains(name) && options.Common.IsWanted(name),
            name => ElfReading.ReadBuildId(installed[name].First()).BuildId,
            options.Common);
        foreach (string name in result.Patch?.Objects.Select(o => o.ObjectName) ?? [])
        {
            result = InstalledCheck.Apply(result, options.Common with { InstalledFile = installed[name].First() });
        }
        return result;
    }
}
