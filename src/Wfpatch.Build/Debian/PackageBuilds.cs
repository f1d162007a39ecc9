// SPDX-License-Identifier: Apache-2.0
using System.IO.Hashing;
using Wfpatch.Build.Processes;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Debian;

/// <summary>
/// The two builds of one package. Both are made at the same path (build systems write it into their files): a finished build
/// is moved away from there, and the second one starts from a copy of the first.
/// </summary>
internal sealed class PackageBuilds(BuildCache cache, InstalledPackage package, IProgress<BuildEvent>? progress, CancellationToken cancel)
{
    private string Title => $"{package.Source} {package.SourceVersion}";

    private string LogName(string what) => $"{package.Source}_{package.SourceVersion.Replace(':', '~')}-{what}";

    /// <summary>The build trees without and with the patch. Exactly one of the results is not null.</summary>
    public async Task<((string Old, string New)? Trees, Refusal? Refusal)> BothAsync(string patchFile)
    {
        string compiler = (await new ToolRun(null, cancel).RunAsync("dpkg-query", "--show", "--showformat", "${Package}=${Version}\n", "gcc*", "g++*", "binutils", "libc6-dev", "dpkg-dev", "debhelper")).Output;
        string folder = cache.Folder("builds", BuildCache.KeyOf(package.Source, package.SourceVersion, SourceBuild.ExtraFlags, compiler));
        string patchKey = Convert.ToHexStringLower(XxHash128.Hash(await File.ReadAllBytesAsync(patchFile, cancel)));
        string old = Path.Combine(folder, "old");
        string @new = Path.Combine(folder, "new-" + patchKey);
        string work = Path.Combine(folder, "work");
        try
        {
            var refusal = await BuildMissingAsync(old, @new, work, patchFile);
            return refusal is null ? ((SourceTree(old), SourceTree(@new)), null) : (null, refusal);
        }
        finally
        {
            // A finished build is not here any more.
            BuildCache.Remove(work);
        }
    }

    private async Task<Refusal?> BuildMissingAsync(string old, string @new, string work, string patchFile)
    {
        if (Directory.Exists(old))
        {
            progress?.Report(new BuildEvent(BuildStage.OldBuild, $"{Title} is compiled already"));
        }
        else if (await BuildOldAsync(work, old) is { } refusal)
        {
            return refusal;
        }
        return Directory.Exists(@new) ? null : await BuildNewAsync(old, work, @new, patchFile);
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
        if (Failure(unpacked, log, "unpack") is { } failed)
        {
            return failed;
        }
        if (await new BuildDependencies(cache, package, progress, cancel).EnsureAsync(tree) is { } missing)
        {
            return missing;
        }
        progress?.Report(new BuildEvent(BuildStage.OldBuild, $"compiling {Title} as it is installed", log));
        var built = await SourceBuild.AllAsync(tree, log, cancel);
        return Finish(built, log, work, finished);
    }

    private async Task<Refusal?> BuildNewAsync(string old, string work, string finished, string patchFile)
    {
        string log = cache.Log(LogName($"new-build-{Path.GetFileNameWithoutExtension(patchFile)}"));
        progress?.Report(new BuildEvent(BuildStage.SourcePatch, $"applying {Path.GetFileName(patchFile)}", log));
        BuildCache.Remove(work);
        var copied = await new ToolRun(log, cancel).RunAsync("cp", "-a", "--reflink=auto", old, work);
        if (Failure(copied, log, "copy") is { } failed)
        {
            return failed;
        }
        string tree = SourceTree(work);
        if (await SourcePatch.ApplyAsync(tree, patchFile, log, cancel) is { } refusal)
        {
            return refusal;
        }
        progress?.Report(new BuildEvent(BuildStage.NewBuild, $"compiling {Title} with {Path.GetFileName(patchFile)}", log));
        var built = await SourceBuild.AgainAsync(tree, log, cancel);
        return Finish(built, log, work, finished);
    }

    private Refusal? Finish(ToolResult built, string log, string work, string finished)
    {
        if (Failure(built, log, "compile") is { } refusal)
        {
            return refusal;
        }
        Directory.Move(work, finished);
        return null;
    }

    private Refusal? Failure(ToolResult result, string log, string verb) => result switch
    {
        { Missing: { } tool } => BuildRefusals.ToolMissing.About(tool, $"The program {tool} is not installed; install the package dpkg-dev."),
        { IsOk: false } => BuildRefusals.BuildFailed.About(package.Source, $"{Title} could not be {Participle(verb)} (exit code {result.ExitCode}); see {log}."),
        _ => null,
    };

    private static string Participle(string verb) => verb switch
    {
        "unpack" => "unpacked",
        "copy" => "copied",
        _ => "compiled",
    };
}
