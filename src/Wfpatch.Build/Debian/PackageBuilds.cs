// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build.Caches;
using Wfpatch.Build.Processes;
using Wfpatch.Build.SourcePatches;
using Wfpatch.Build.Sources;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Debian;

/// <summary>
/// The two builds of one package. Both are made at the same path (build systems write it into their files): a finished build
/// is moved away from there, and the second one starts from a copy of the first.
/// </summary>
internal sealed class PackageBuilds(BuildCache cache, InstalledPackage package, BuildPlace place, IProgress<BuildEvent>? progress, CancellationToken cancel)
{
    private static readonly string[] UnitExtensions = [".c", ".cc", ".cpp", ".cxx", ".C"];

    private string Title => $"{package.Source} {package.SourceVersion}";

    private string LogName(string what) => $"{package.Source}_{package.SourceVersion.Replace(':', '~')}-{what}";

    /// <summary>The build trees without and with the patch, both with those that came earlier. Exactly one of the results is not null.</summary>
    public async Task<((string Old, string New)? Trees, Refusal? Refusal)> BothAsync(ImmutableArray<string> patchFiles, string? seriesFolder = null, params ImmutableArray<string> earlier)
    {
        string compiler = place.Key.Length > 0 ? place.Key : (await new ToolRun(null, cancel).RunAsync("dpkg-query", "--show", "--showformat", "${Package}=${Version}\n", "gcc*", "g++*", "binutils", "libc6-dev", "dpkg-dev", "debhelper")).Output;
        string folder = cache.Folder("builds", BuildCache.KeyOf(package.Source, package.SourceVersion, SourceBuild.ExtraFlags, compiler));
        string work = Path.Combine(folder, "work");
        try
        {
            var (old, noOld) = await BuildAsync(folder, work, earlier, null);
            var (@new, noNew) = old is null ? (null, noOld) : await BuildAsync(folder, work, earlier.AddRange(patchFiles), seriesFolder);
            return @new is null ? (null, noNew) : ((SourceTree(old!), SourceTree(@new)), null);
        }
        finally
        {
            // A finished build is not here any more.
            BuildCache.Remove(work);
        }
    }

    /// <summary>The finished build of the package with some patches.</summary>
    private async Task<(string? Folder, Refusal? Refusal)> BuildAsync(string folder, string work, ImmutableArray<string> patches, string? seriesFolder)
    {
        string old = Path.Combine(folder, "old");
        string finished = patches.IsEmpty ? old : Path.Combine(folder, "new-" + BuildCache.KeyOf([.. patches.Select(p => Convert.ToBase64String(File.ReadAllBytes(p)))]));
        return await BuildMissingAsync(old, finished, work, patches, seriesFolder) is { } refusal ? (null, refusal) : (finished, null);
    }

    private async Task<Refusal?> BuildMissingAsync(string old, string @new, string work, ImmutableArray<string> patchFiles, string? seriesFolder)
    {
        if (Directory.Exists(old))
        {
            progress?.Report(new BuildEvent(BuildStage.OldBuild, $"{Title} is compiled already"));
        }
        else if (await BuildOldAsync(work, old) is { } refusal)
        {
            return refusal;
        }
        return Directory.Exists(@new) ? null : await BuildNewAsync(old, work, @new, patchFiles, seriesFolder);
    }

    // The unpacked source is the only folder within.
    private static string SourceTree(string folder) => Directory.EnumerateDirectories(folder).Single();

    private async Task<Refusal?> BuildOldAsync(string work, string finished)
    {
        var (description, noSource) = await new PackageSource(cache, package, progress, cancel).FetchAsync();
        if (description is null)
        {
            return noSource;
        }
        BuildCache.Remove(work);
        Directory.CreateDirectory(work);
        string log = cache.Log(LogName("old-build"));
        progress?.Report(new BuildEvent(BuildStage.OldBuild, $"unpacking {Title}", log));
        string tree = Path.Combine(work, package.Source);
        var unpacked = await new ToolRun(log, cancel).RunAsync("dpkg-source", "--extract", description, tree);
        if (Failure(unpacked, log, "unpacked") is { } failed)
        {
            return failed;
        }
        if (place is not Chroot && await new BuildDependencies(cache, package, progress, cancel).EnsureAsync(tree) is { } missing)
        {
            return missing;
        }
        progress?.Report(new BuildEvent(BuildStage.OldBuild, $"compiling {Title} as it is installed", log));
        await place.PrepareAsync(work, log, cancel);
        var built = await SourceBuild.AllAsync(place, tree, log, cancel);
        return Finish(built, log, work, finished);
    }

    private async Task<Refusal?> BuildNewAsync(string old, string work, string finished, ImmutableArray<string> patchFiles, string? seriesFolder)
    {
        string names = string.Join(", ", patchFiles.Select(p => Path.GetFileName(p)));
        string log = cache.Log(LogName($"new-build-{Path.GetFileNameWithoutExtension(patchFiles[^1])}"));
        progress?.Report(new BuildEvent(BuildStage.SourcePatch, $"applying {names}", log));
        BuildCache.Remove(work);
        var copied = await new ToolRun(log, cancel).RunAsync("cp", "-a", "--reflink=auto", old, work);
        if (Failure(copied, log, "copied") is { } failed)
        {
            return failed;
        }
        string tree = SourceTree(work);
        var (files, other) = PatchSeries.WithoutApplied(patchFiles, seriesFolder, tree);
        if (other is not null)
        {
            return other;
        }
        var (changed, refusal) = await SourcePatch.ApplyAsync(tree, files.Select(Path.GetFullPath), log, cancel);
        if (changed is null)
        {
            return refusal;
        }
        if (!changed.All(f => UnitExtensions.Contains(Path.GetExtension(f))))
        {
            // Packages are configured without dependency tracking, so that make does not know who includes a changed header.
            ObjectFiles.DeleteAll(tree);
        }
        progress?.Report(new BuildEvent(BuildStage.NewBuild, $"compiling {Title} with {names}", log));
        await place.PrepareAsync(work, log, cancel);
        var built = await SourceBuild.AgainAsync(place, tree, log, cancel);
        return Finish(built, log, work, finished);
    }

    private Refusal? Finish(ToolResult built, string log, string work, string finished)
    {
        if (Failure(built, log, "compiled") is { } refusal)
        {
            return refusal;
        }
        Directory.Move(work, finished);
        return null;
    }

    private Refusal? Failure(ToolResult result, string log, string done) =>
        BuildFailure.Of(result, package.Source, $"{Title} could not be {done}", log, "dpkg-dev");
}
