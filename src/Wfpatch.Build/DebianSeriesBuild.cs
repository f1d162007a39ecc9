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
        ImmutableArray<string> installed = [.. package.Programs.Select(p => Path.GetFileName(p))];
        foreach (var patch in await new SourceSeries(cache, source, package.SourceVersion, cancel).ReadAsync(description))
        {
            var fix = new SeriesFix(source, package.SourceVersion, patch.Name, SeriesOutcome.NotBuilt);
            var (trees, refusal) = patch.StandsAlone ? await WithoutAsync(builds, [], patch.Reversed) : (null, null);
            bool isBelow = trees is null && !(patch.StandsAlone && patch.Later.IsEmpty);
            if (isBelow)
            {
                (trees, refusal) = await WithoutAsync(builds, patch.Later, patch.Reversed);
            }
            fix = fix with { IsBelowLater = isBelow && !patch.Later.IsEmpty };
            yield return trees is var (without, with) ? Judge(fix, without, with, installed) : fix with { Refusals = [refusal!] };
        }
    }

    // What is kept is the build of the whole series. The program before the fix is the one with the reversed patch.
    private static async Task<((string Without, string With)? Trees, Refusal? Refusal)> WithoutAsync(PackageBuilds builds, ImmutableArray<string> later, string reversed)
    {
        var (without, refusal) = await builds.BothAsync([.. later, reversed]);
        if (without is not var (whole, before))
        {
            return (null, refusal);
        }
        if (later.IsEmpty)
        {
            return ((before, whole), null);
        }
        var (with, late) = await builds.BothAsync(later);
        return with is var (_, after) ? ((before, after), null) : (null, late);
    }

    internal static async Task<(InstalledPackage Package, string Description)> FindAsync(BuildCache cache, string source, IProgress<BuildEvent>? progress, CancellationToken cancel)
    {
        var (installed, _) = await InstalledPackage.FindAsync(source, cancel);
        ImmutableArray<string> own = installed is not null && installed.Source == source ? [installed.SourceVersion] : [];
        if (await TryAsync(own) is { } ofInstalled)
        {
            return ofInstalled;
        }
        // What is installed may come from elsewhere, without a source that apt knows.
        var versions = await SourceSeries.VersionsAsync(cache, source, cancel);
        if (await TryAsync(versions) is { } found)
        {
            return found;
        }
        throw new InvalidOperationException($"the source of {source} cannot be had ({string.Join(", ", versions.DefaultIfEmpty("apt knows none"))})");

        async Task<(InstalledPackage Package, string Description)?> TryAsync(ImmutableArray<string> versions)
        {
            foreach (string version in versions)
            {
                var package = new InstalledPackage(source, version, source, version, own.Contains(version) ? installed!.Programs : []);
                if ((await new PackageSource(cache, package, progress, cancel).FetchAsync()).Description is { } description)
                {
                    return (package, description);
                }
            }
            return null;
        }
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
        return Result(fix, result, misfits, patch.Objects.SelectMany(o => result.Units[o.ObjectName])) with { Backward = Backward(fix, without, with, names) };
    }

    private static ReadOnlyMemory<byte> Backward(SeriesFix fix, string without, string with, ImmutableArray<string> names) => TreePair.Read(with, without).Trees is { } trees
        ? TargetChoice.Diff(trees, names.Contains, _ => null, new BuildOptions { Name = fix.Patch, ObjectNames = names }).Bytes
        : default;

    /// <summary>What a patch file came to.</summary>
    /// <param name="units">What it was made from.</param>
    internal static SeriesFix Result(SeriesFix fix, BuildResult result, ImmutableArray<Refusal> misfits, IEnumerable<UnitPair> units)
    {
        var patch = result.Patch!;
        ImmutableArray<string> forgotten = [.. units.SelectMany(SecondLook.Differing).Except(result.Changes.Select(c => SecondLook.Plain(c.Name))).Order(StringComparer.Ordinal)];
        return fix with
        {
            Outcome = !misfits.IsEmpty ? SeriesOutcome.Refused : forgotten.IsEmpty ? SeriesOutcome.Built : SeriesOutcome.Wrong,
            Refusals = misfits, Forgotten = forgotten, Programs = [.. patch.Objects.Select(o => o.ObjectName)],
            Functions = patch.Objects.Sum(o => o.OldFunctions.Count(f => f.Role == OldFunctionRole.Replaced)),
            Variables = [.. result.Changes.Where(c => c.Kind == ChangeKind.Variable).Select(c => c.Name)],
        };
    }

    private static ImmutableArray<Refusal> Match(ObjectPatch patch, TreePair trees, string tree)
    {
        string program = trees.Outputs.First(o => Path.GetFileName(o.Path) == patch.ObjectName).Path;
        return new RunPreInstalledMatch().Check(patch, File.ReadAllBytes(Path.Combine(tree, program)), patch.ObjectName);
    }
}
