// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Caches;
using Wfpatch.Build.Debian;

namespace Wfpatch.Build;

/// <summary>
/// The source of a package that need not be installed, brought to where single units of it compile as its own build would compile them: configured in a
/// minimal system with its build dependencies, with a compilation database for <see cref="CompileCommandsBuild"/>. What is made is kept.
/// </summary>
/// <param name="Folder">The configured source.</param>
/// <param name="Database">compile_commands.json: the host's compilers with the headers of that system.</param>
public sealed record UnitSources(string Folder, string Database)
{
    /// <param name="version">The source's version.</param>
    /// <param name="cacheFolder">As for <see cref="DebianBuildOptions"/>.</param>
    /// <exception cref="InvalidOperationException">The source cannot be had, or not be configured.</exception>
    public static async Task<UnitSources> PrepareAsync(
        UnitRecipe recipe, string version, string? cacheFolder, IProgress<BuildEvent>? progress, CancellationToken cancel)
    {
        var cache = BuildCache.Open(cacheFolder);
        using var alone = await cache.LockAsync(cancel);
        var package = new InstalledPackage(recipe.Source, version, recipe.Source, version, []);
        var (description, noSource) = await new PackageSource(cache, package, progress, cancel).FetchAsync();
        return description is null ? throw new InvalidOperationException(noSource!.Sentence) : await MakeAsync(cache, package, description, recipe, progress, cancel);
    }

    /// <summary>The same with a source that is there, for who has locked the cache.</summary>
    /// <param name="description">The source's .dsc file.</param>
    /// <exception cref="InvalidOperationException">It cannot be configured.</exception>
    internal static async Task<UnitSources> MakeAsync(
        BuildCache cache, InstalledPackage package, string description, UnitRecipe recipe, IProgress<BuildEvent>? progress, CancellationToken cancel)
    {
        var (chroot, noChroot) = await Chroot.OpenAsync(cache, package, progress, cancel);
        if (chroot is null)
        {
            throw new InvalidOperationException(noChroot!.Sentence);
        }
        var tree = new UnitTree(cache, package, recipe, chroot, progress, cancel);
        return new UnitSources(tree.Folder, await tree.MakeAsync(description));
    }
}
