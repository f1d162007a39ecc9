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

    // Documents and tests' scripts, which no build compiles.
    private static readonly string[] TextExtensions = [".txt", ".md", ".rst", ".tcl", ".t", ".html", ".xml", ".pod"];

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
        string log = cache.Log(LogName("old-build"));
        var (tree, refusal) = await UnpackAsync(work, log);
        if (tree is null)
        {
            return refusal;
        }
        progress?.Report(new BuildEvent(BuildStage.OldBuild, $"compiling {Title} as it is installed", log));
        return Finish(await AllAsync(work, tree, log), log, work, finished);
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
        var (changed, refusal) = await ApplyAsync(tree, patchFiles, seriesFolder, log);
        if (changed is null)
        {
            return refusal;
        }
        if (await CompileAgainAsync(SourceTree(old), work, tree, changed, names, log) is var (built, isWhole) && (isWhole || !built.IsOk))
        {
            return Finish(built, log, work, finished);
        }
        return await BuildAnewAsync(work, finished, patchFiles, seriesFolder, names, log);
    }

    /// <returns>The result, and whether everything was compiled that had to be.</returns>
    private async Task<(ToolResult Built, bool IsWhole)> CompileAgainAsync(string old, string work, string tree, ImmutableSortedSet<string> changed, string names, string log)
    {
        if (!changed.All(IsForObjects))
        {
            return (new ToolResult(0, "", null), false);
        }
        ImmutableArray<string> all = [.. changed.Where(c => !IsText(c)).Select(Path.GetFullPath)];
        all = all.AddRange(SourceCopies.Follow(old, tree, all));
        var compiled = ObjectFiles.DeleteReadersByName(tree, all, all.All(f => UnitExtensions.Contains(Path.GetExtension(f))));
        progress?.Report(new BuildEvent(BuildStage.NewBuild, $"compiling {Title} with {names}", log));
        await place.PrepareAsync(work, log, cancel);
        var built = await SourceBuild.AgainAsync(place, tree, log, cancel);
        return (built, compiled.All(File.Exists));
    }

    // What else a patch changes may be read when the package is configured, or make sources; and a package's make may know
    // nothing of a part that it has built once (redis and its deps/).
    private async Task<Refusal?> BuildAnewAsync(string work, string finished, ImmutableArray<string> patchFiles, string? seriesFolder, string names, string log)
    {
        var (tree, refusal) = await UnpackAsync(work, log);
        if (tree is null)
        {
            return refusal;
        }
        (_, refusal) = await ApplyAsync(tree, patchFiles, seriesFolder, log);
        if (refusal is not null)
        {
            return refusal;
        }
        progress?.Report(new BuildEvent(BuildStage.NewBuild, $"compiling all of {Title} with {names}", log));
        return Finish(await AllAsync(work, tree, log), log, work, finished);
    }

    private async Task<(string? Tree, Refusal? Refusal)> UnpackAsync(string work, string log)
    {
        var (description, noSource) = await new PackageSource(cache, package, progress, cancel).FetchAsync();
        if (description is null)
        {
            return (null, noSource);
        }
        BuildCache.Remove(work);
        Directory.CreateDirectory(work);
        progress?.Report(new BuildEvent(BuildStage.OldBuild, $"unpacking {Title}", log));
        string tree = Path.Combine(work, package.Source);
        var unpacked = await new ToolRun(log, cancel).RunAsync("dpkg-source", "--extract", description, tree);
        if (Failure(unpacked, log, "unpacked") is { } failed)
        {
            return (null, failed);
        }
        return place is not Chroot && await new BuildDependencies(cache, package, progress, cancel).EnsureAsync(tree) is { } missing ? (null, missing) : (tree, null);
    }

    private async Task<(ImmutableSortedSet<string>? Changed, Refusal? Refusal)> ApplyAsync(string tree, ImmutableArray<string> patchFiles, string? seriesFolder, string log)
    {
        var (files, other) = PatchSeries.WithoutApplied(patchFiles, seriesFolder, tree);
        return other is not null ? (null, other) : await SourcePatch.ApplyAsync(tree, files.Select(Path.GetFullPath), log, cancel);
    }

    private async Task<ToolResult> AllAsync(string work, string tree, string log)
    {
        await place.PrepareAsync(work, log, cancel);
        return await SourceBuild.AllAsync(place, tree, log, cancel);
    }

    private static bool IsText(string path) => TextExtensions.Contains(Path.GetExtension(path));

    private static bool IsForObjects(string path) => IsText(path) || UnitExtensions.Contains(Path.GetExtension(path)) || LineKeeper.IsFor(path);

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
