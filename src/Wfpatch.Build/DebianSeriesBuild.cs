// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Wfpatch.Build.Caches;
using Wfpatch.Build.Debian;
using Wfpatch.Build.Trees;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>
/// Every patch of a source package's debian/patches as if it were the fix of today: the running program is the package's source without it, the
/// new one is the source as it is. Builds are kept as <see cref="DebianBuild"/> keeps them, so that a run that was ended goes on where it was.
/// </summary>
public static class DebianSeriesBuild
{
    /// <param name="source">A source package. Where its binary package of the same name is installed, what that installs is meant, else all that is built.</param>
    /// <param name="cacheFolder">As for <see cref="DebianBuildOptions"/>.</param>
    /// <exception cref="InvalidOperationException">The source cannot be had.</exception>
    public static async IAsyncEnumerable<SeriesFix> RunAsync(
        string source, string? cacheFolder, IProgress<BuildEvent>? progress, [EnumeratorCancellation] CancellationToken cancel)
    {
        var cache = BuildCache.Open(cacheFolder);
        using var alone = await cache.LockAsync(cancel);
        var (package, description) = await FindAsync(cache, source, progress, cancel);
        var builds = new PackageBuilds(cache, package, new BuildPlace(), progress, cancel);
        foreach (var (name, reversed) in await new SourceSeries(cache, source, package.SourceVersion, cancel).ReadAsync(description))
        {
            var fix = new SeriesFix(source, package.SourceVersion, name, SeriesOutcome.NotAlone, [], 0, [], []);
            if (reversed is null)
            {
                yield return fix;
                continue;
            }
            // The build that is kept is that of the whole series; the one with the reversed patch is the program before the fix.
            var (paths, refusal) = await builds.BothAsync([reversed]);
            yield return paths is var (with, without)
                ? Judge(fix, without, with, [.. package.Programs.Select(p => Path.GetFileName(p))])
                : fix with { Outcome = SeriesOutcome.NotBuilt, Refusals = [refusal!] };
        }
    }

    private static async Task<(InstalledPackage Package, string Description)> FindAsync(BuildCache cache, string source, IProgress<BuildEvent>? progress, CancellationToken cancel)
    {
        var (installed, _) = await InstalledPackage.FindAsync(source, cancel);
        var versions = installed is not null && installed.Source == source ? [installed.SourceVersion] : await SourceSeries.VersionsAsync(cache, source, cancel);
        foreach (string version in versions)
        {
            var package = new InstalledPackage(source, version, source, version, installed?.Programs ?? []);
            var (description, _) = await new PackageSource(cache, package, progress, cancel).FetchAsync();
            if (description is not null)
            {
                return (package, description);
            }
        }
        throw new InvalidOperationException($"the source of {source} cannot be had ({string.Join(", ", versions.DefaultIfEmpty("apt knows none"))})");
    }

    private static SeriesFix Judge(SeriesFix fix, string without, string with, ImmutableArray<string> installed)
    {
        var (trees, refusal) = TreePair.Read(without, with);
        if (trees is null)
        {
            return fix with { Outcome = SeriesOutcome.NotBuilt, Refusals = [refusal!] };
        }
        ImmutableArray<string> names = [.. trees.Outputs.Select(o => Path.GetFileName(o.Path)).Where(n => installed.IsEmpty || installed.Contains(n)).Distinct()];
        var result = TargetChoice.Diff(trees, names.Contains, _ => null, new BuildOptions { Name = fix.Patch, ObjectNames = names });
        if (result.Patch is not { } patch)
        {
            bool isCompiled = !result.Refusals.Any(r => r.Kind == DiffRefusals.NoDifference || r.Kind == BuildRefusals.NoTarget);
            return fix with { Outcome = isCompiled ? SeriesOutcome.Refused : SeriesOutcome.NotCompiled, Refusals = result.Refusals };
        }
        ImmutableArray<Refusal> misfits = [.. patch.Objects.SelectMany(o => Match(o, trees, without))];
        ImmutableArray<string> forgotten = [.. Differing(trees, patch).Except(result.Changes.Select(c => c.Name))];
        var outcome = !misfits.IsEmpty ? SeriesOutcome.Refused : forgotten.IsEmpty ? SeriesOutcome.Built : SeriesOutcome.Wrong;
        return fix with
        {
            Outcome = outcome, Refusals = misfits, Forgotten = forgotten, Programs = [.. patch.Objects.Select(o => o.ObjectName)],
            Functions = patch.Objects.Sum(o => o.OldFunctions.Count(f => f.Role == OldFunctionRole.Replaced)),
        };
    }

    private static ImmutableArray<Refusal> Match(ObjectPatch patch, TreePair trees, string tree)
    {
        string program = trees.Outputs.First(o => Path.GetFileName(o.Path) == patch.ObjectName).Path;
        return new RunPreInstalledMatch().Check(patch, File.ReadAllBytes(Path.Combine(tree, program)), patch.ObjectName);
    }

    // A second look that knows nothing of the differ: sections of one function whose bytes (fields are zero in an object file) differ, in
    // objects whose changed functions the patch has.
    private static ImmutableHashSet<string> Differing(TreePair trees, Patch patch)
    {
        const string Prefix = ".text.";
        var units = patch.Objects.SelectMany(o => o.OldFunctions).Where(f => f.Role == OldFunctionRole.Replaced).Select(f => f.Unit).Where(u => u.Length > 0).ToHashSet();
        return
        [
            .. from unit in trees.OldObjects.Intersect(trees.NewObjects)
               where trees.IsChanged(unit) && units.Contains(unit)
               let old = trees.OldFile(unit).Sections.Where(s => s.Name.StartsWith(Prefix, StringComparison.Ordinal)).ToLookup(s => s.Name)
               from section in trees.NewFile(unit).Sections
               where old[section.Name].Any() && old[section.Name].All(o => !o.Bytes.Span.SequenceEqual(section.Bytes.Span))
               select section.Name[Prefix.Length..],
        ];
    }
}
