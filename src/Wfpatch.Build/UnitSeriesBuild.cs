// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Wfpatch.Build.Caches;
using Wfpatch.Build.Debian;
using Wfpatch.Build.Units;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>
/// As <see cref="DebianSeriesBuild"/>, with the touched units of each patch alone: seconds instead of a whole build. No program is linked from them,
/// so that the one asked is the shipped one: the patch in the other direction, from what is shipped to what was before the fix, must match it.
/// </summary>
public static class UnitSeriesBuild
{
    /// <param name="cacheFolder">As for <see cref="DebianBuildOptions"/>.</param>
    /// <exception cref="InvalidOperationException">The source cannot be had, or not be configured.</exception>
    public static async IAsyncEnumerable<SeriesFix> RunAsync(
        UnitRecipe recipe, string? cacheFolder, IProgress<BuildEvent>? progress, [EnumeratorCancellation] CancellationToken cancel)
    {
        var cache = BuildCache.Open(cacheFolder);
        using var alone = await cache.LockAsync(cancel);
        var (package, description) = await DebianSeriesBuild.FindAsync(cache, recipe.Source, progress, cancel);
        var sources = await UnitSources.MakeAsync(cache, package, description, recipe, progress, cancel);
        var shipped = await ShippedFiles.ReadAsync(cache, recipe.Packages, package.SourceVersion, cancel);
        foreach (var patch in await new SourceSeries(cache, recipe.Source, package.SourceVersion, cancel).ReadAsync(description))
        {
            var fix = new SeriesFix(recipe.Source, package.SourceVersion, patch.Name, SeriesOutcome.NotBuilt);
            var (units, refusal) = patch.StandsAlone ? await WithoutAsync([], patch) : (null, null);
            bool isBelow = units is null && refusal?.Kind != BuildRefusals.NotCompiled && !(patch.StandsAlone && patch.Later.IsEmpty);
            if (isBelow)
            {
                (units, refusal) = await WithoutAsync(patch.Later, patch);
            }
            fix = fix with { IsBelowLater = isBelow && !patch.Later.IsEmpty };
            yield return units is { } both ? Judge(fix, both, recipe.Program, fix.IsBelowLater ? [] : shipped)
                : fix with { Outcome = refusal!.Kind == BuildRefusals.NotCompiled ? SeriesOutcome.NotCompiled : SeriesOutcome.NotBuilt, Refusals = [refusal] };
        }

        Task<(ImmutableArray<UnitPair>? Units, Refusal? Refusal)> WithoutAsync(ImmutableArray<string> below, SeriesPatch patch) =>
            new UnitBuilds(cache, new CompileCommandsOptions(sources.Database, [patch.Reversed])
            {
                Common = new BuildOptions { Name = patch.Name, ObjectNames = [recipe.Program] }, SourceFolder = sources.Folder, Below = below,
            }, cancel).BothAsync();
    }

    /// <param name="units">Old: with the fix, new: without.</param>
    /// <param name="shipped">What is asked; nothing: nobody is.</param>
    private static SeriesFix Judge(SeriesFix fix, ImmutableArray<UnitPair> units, string program, ImmutableArray<ShippedFile> shipped)
    {
        ImmutableArray<UnitPair> forward = [.. units.Select(u => new UnitPair(u.Unit, u.New, u.Old))];
        fix = fix with { Units = units.Length };
        var options = new BuildOptions { Name = fix.Patch };
        var result = BuildResult.Of(ParallelDiff.Diff(forward, new DiffOptions { ObjectName = program }), options);
        if (result.Patch is null)
        {
            bool isSame = result.Refusals.All(r => r.Kind == DiffRefusals.NoDifference);
            return fix with { Outcome = isSame ? SeriesOutcome.NotCompiled : SeriesOutcome.Refused, Refusals = result.Refusals };
        }
        fix = DebianSeriesBuild.Result(fix, result, [], forward);
        if (shipped.IsEmpty)
        {
            return fix;
        }
        var finding = ShippedMatch.Find(units, shipped, program, fix.Patch);
        return fix with { Shipped = finding.Text, Backward = finding.Backward };
    }
}
