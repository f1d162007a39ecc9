// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build.Caches;
using Wfpatch.Build.Compilers;
using Wfpatch.Build.Processes;
using Wfpatch.Build.SourcePatches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Sources;

/// <summary>
/// The two builds of a source tree. Both are made at the same path (docs/decisions/0022), in a copy; the second one starts
/// from a copy of the first and compiles what the patches touch.
/// </summary>
internal sealed class SourceBuilds(BuildCache cache, SourceBuildOptions options, BuildRecipe recipe, CancellationToken cancel)
{
    // Compiled-in dates are those of this moment, in both builds (reproducible-builds.org, SOURCE_DATE_EPOCH): 2020-01-01.
    private const string Moment = "1577836800";

    private readonly string _tree = Path.GetFullPath(options.Folder);

    private string Title => Path.GetFileName(_tree.TrimEnd('/')) is { Length: > 0 } name ? name : "source";

    private IProgress<BuildEvent>? Progress => options.Common.Progress;

    /// <summary>The build trees without and with the patches, both with those that came earlier. Exactly one of the results is not null.</summary>
    public async Task<((string Old, string New)? Trees, Refusal? Refusal)> BothAsync()
    {
        Progress?.Report(new BuildEvent(BuildStage.Sources, $"reading {_tree}"));
        var listing = SourceListing.Read(_tree, cancel);
        string folder = cache.Folder("builds", BuildCache.KeyOf("source", listing.Key, recipe.Commands, CompilerWatch.Fingerprint()));
        string work = Path.Combine(folder, "work");
        try
        {
            var (old, noOld) = await BuildAsync(listing, folder, options.EarlierFiles);
            var (@new, noNew) = old is null ? (null, noOld) : await BuildAsync(listing, folder, options.EarlierFiles.AddRange(options.PatchFiles));
            return @new is null ? (null, noNew) : ((Path.Combine(old!, "source"), Path.Combine(@new, "source")), null);
        }
        finally
        {
            // A finished build is not here any more.
            BuildCache.Remove(work);
        }
    }

    /// <summary>The finished build of the tree with some patches.</summary>
    private async Task<(string? Folder, Refusal? Refusal)> BuildAsync(SourceListing listing, string folder, ImmutableArray<string> patches)
    {
        string old = Path.Combine(folder, "old");
        string finished = patches.IsEmpty ? old : Path.Combine(folder, "new-" + BuildCache.KeyOf([.. patches.Select(p => Convert.ToBase64String(File.ReadAllBytes(p)))]));
        return await BuildMissingAsync(listing, folder, old, finished, patches) is { } refusal ? (null, refusal) : (finished, null);
    }

    private async Task<Refusal?> BuildMissingAsync(SourceListing listing, string folder, string old, string @new, ImmutableArray<string> patches)
    {
        var watch = CompilerWatch.Install(Path.Combine(folder, "compilers"));
        if (!watch.HasCompilers)
        {
            return BuildRefusals.ToolMissing.About("gcc", "There is no compiler on PATH; install the package gcc.");
        }
        if (Directory.Exists(old))
        {
            Progress?.Report(new BuildEvent(BuildStage.OldBuild, $"{Title} is compiled already"));
        }
        else if (await BuildOldAsync(watch, listing, folder, old) is { } refusal)
        {
            return refusal;
        }
        return Directory.Exists(@new) ? null : await BuildNewAsync(watch, folder, old, @new, patches);
    }

    private async Task<Refusal?> BuildOldAsync(CompilerWatch watch, SourceListing listing, string folder, string finished)
    {
        string work = Path.Combine(folder, "work");
        string log = cache.Log($"{Title}-old-build");
        Progress?.Report(new BuildEvent(BuildStage.Sources, $"copying {_tree}", log));
        Directory.CreateDirectory(folder);
        BuildCache.Remove(work);
        Directory.CreateDirectory(work);
        string tree = Path.Combine(work, "source");
        var copied = await new ToolRun(log, cancel).RunAsync("cp", "-a", "--reflink=auto", _tree + "/.", tree);
        if (BuildFailure.Of(copied, Title, $"{_tree} could not be copied", log, "coreutils") is { } notCopied)
        {
            return notCopied;
        }
        if (SourceListing.Look(_tree) != listing.Seen)
        {
            return BuildRefusals.SourceChanged.About(_tree, $"{_tree} changed while it was copied; start again when nobody changes it.");
        }
        ObjectFiles.DeleteAll(tree);
        Progress?.Report(new BuildEvent(BuildStage.OldBuild, $"compiling {Title} without the fix ({recipe.System}: {recipe.Commands})", log));
        string? configure = recipe.Configure;
        var failed = configure is null ? null : await RunAsync(watch, work, configure, log, BuildStage.OldBuild, isCompiling: false, "configured");
        failed ??= await RunAsync(watch, work, recipe.Make, log, BuildStage.OldBuild, isCompiling: true, "compiled");
        failed ??= Untouched(listing) ?? Watched(work);
        return Finish(failed, work, finished);
    }

    private async Task<Refusal?> BuildNewAsync(CompilerWatch watch, string folder, string old, string finished, ImmutableArray<string> patches)
    {
        string work = Path.Combine(folder, "work");
        string names = string.Join(", ", patches.Select(p => Path.GetFileName(p)));
        string log = cache.Log($"{Title}-new-build-{Path.GetFileNameWithoutExtension(patches[^1])}");
        Progress?.Report(new BuildEvent(BuildStage.SourcePatch, $"applying {names}", log));
        BuildCache.Remove(work);
        var copied = await new ToolRun(log, cancel).RunAsync("cp", "-a", "--reflink=auto", old, work);
        if (BuildFailure.Of(copied, Title, "The finished build could not be copied", log, "coreutils") is { } notCopied)
        {
            return notCopied;
        }
        var (files, other) = PatchSeries.WithoutApplied(patches, options.SeriesFolder, Path.Combine(work, "source"));
        if (other is not null)
        {
            return other;
        }
        var (changed, refusal) = await SourcePatch.ApplyAsync(Path.Combine(work, "source"), files.Select(Path.GetFullPath), log, cancel);
        if (changed is null)
        {
            return refusal;
        }
        ObjectFiles.DeleteReaders(Records(work), changed);
        Progress?.Report(new BuildEvent(BuildStage.NewBuild, $"compiling {Title} with {names}", log));
        return Finish(await RunAsync(watch, work, recipe.Make, log, BuildStage.NewBuild, isCompiling: true, "compiled with the fix"), work, finished);
    }

    private static string Records(string work) => Path.Combine(work, "records");

    private async Task<Refusal?> RunAsync(CompilerWatch watch, string work, string command, string log, BuildStage stage, bool isCompiling, string done)
    {
        string records = isCompiling ? Records(work) : Path.Combine(work, "probes");
        using var progress = new CompileProgress(records, stage, isCompiling ? Progress : null);
        var run = watch.Watch(new ToolRun(log, cancel) { WorkingFolder = Path.Combine(work, "source") }, records).With("SOURCE_DATE_EPOCH", Moment);
        var result = await run.RunAsync("sh", "-c", command);
        return BuildFailure.Of(result, Title, $"{Title} could not be {done} by \"{command}\"", log, "dash");
    }

    // Nothing of ours may write there, and a key must stand for what was built.
    private Refusal? Untouched(SourceListing listing) => SourceListing.Look(_tree) == listing.Seen
        ? null
        : BuildRefusals.SourceChanged.About(_tree, $"{_tree} changed while its copy was built: somebody changed it, or its build writes to absolute paths.");

    private Refusal? Watched(string work) => RecordFolder.Read(Records(work)).Any(r => r.Record.Output is { } output && File.Exists(output))
        ? null
        : BuildRefusals.NotWatched.About(Title,
            $"\"{recipe.Make}\" made no object file by a compiler's name on PATH, so that {Title} could not be given a section for each function; let it call the compiler by name (CC=gcc), and compile with -c.");

    private static Refusal? Finish(Refusal? failed, string work, string finished)
    {
        if (failed is null)
        {
            Directory.Move(work, finished);
        }
        return failed;
    }
}
