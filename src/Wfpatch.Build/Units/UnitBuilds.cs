// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build.Caches;
using Wfpatch.Build.Compilers;
using Wfpatch.Build.SourcePatches;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Units;

/// <summary>Compiles the units that source patches touch, without and with them, in a mirror of the source tree.</summary>
internal sealed class UnitBuilds(BuildCache cache, CompileCommandsOptions options, CancellationToken cancel)
{
    private string Work => Path.Combine(cache.Root, "units");

    private IProgress<BuildEvent>? Progress => options.Common.Progress;

    /// <summary>The units in both forms. Exactly one of the results is not null.</summary>
    public async Task<(ImmutableArray<UnitPair>? Units, Refusal? Refusal)> BothAsync()
    {
        var (database, bad) = CompileDatabase.Read(options.DatabaseFile);
        if (bad is not null)
        {
            return (null, bad);
        }
        ImmutableArray<string> patches = [.. options.PatchFiles.Select(Path.GetFullPath)];
        var diffs = patches.Select(p => (File: p, Files: UnifiedDiff.Read(SourcePatch.ReadLines(p)))).ToList();
        if (diffs.Select(d => SourcePatch.RefuseContent(d.File, d.Files)).FirstOrDefault(r => r is not null) is { } refused)
        {
            return (null, refused);
        }
        var files = diffs.SelectMany(d => d.Files).ToImmutableArray();
        string root = options.SourceFolder is { } given ? Path.GetFullPath(given).TrimEnd('/') : FindRoot(files);
        Remove();
        return await CompileAsync(database, patches, files, root, Work);
    }

    /// <summary>Removes what was compiled. Comparing may look for split debug information there.</summary>
    public void Remove() => BuildCache.Remove(Work);

    private async Task<(ImmutableArray<UnitPair>? Units, Refusal? Refusal)> CompileAsync(
        ImmutableArray<CompileRecord> database, ImmutableArray<string> patches, ImmutableArray<DiffedFile> files, string root, string work)
    {
        string log = cache.Log($"{Path.GetFileName(root)}-units-{Path.GetFileNameWithoutExtension(patches[^1])}");
        int strip = SourcePatch.StripOf(files, root);
        var names = files.Select(f => f.Name(strip)).OfType<string>().Distinct().ToList();
        var changed = names.Select(n => Path.GetFullPath(n, root)).ToImmutableSortedSet(StringComparer.Ordinal);
        Progress?.Report(new BuildEvent(BuildStage.Sources, $"looking for units that read {string.Join(", ", names)} in {root}", log));
        var mirror = SourceMirror.Create(root, Path.Combine(work, "tree"), cancel);
        var compiler = new UnitCompiler(mirror, log, cancel);
        if (await ApplyBelowAsync(mirror, log) is { } notBelow)
        {
            return (null, notBelow);
        }
        var reading = await TouchedUnits.FindAsync(database, root, changed, compiler, cancel);
        if (reading.IsEmpty)
        {
            return (null, BuildRefusals.NotCompiled.About(string.Join(", ", names), $"No unit of {options.DatabaseFile} reads {string.Join(" or ", names)}."));
        }
        var (touched, ambiguous) = UnitChoice.For(reading, options.Common.SingleName);
        if (ambiguous is not null)
        {
            return (null, ambiguous);
        }
        names.ForEach(mirror.Own);
        // A header that changed is read by many units, and changes few of them.
        var indirect = touched.Where(u => !changed.Contains(Path.GetFullPath(u.Sources.First(), u.Folder))).ToImmutableArray();
        string[] paths = [.. names.Select(n => Path.Combine(mirror.Root, n))];
        var keysBefore = await KeysAsync(compiler, indirect, changed, work);
        var before = Contents(paths);
        Progress?.Report(new BuildEvent(BuildStage.SourcePatch, $"applying {string.Join(", ", patches.Select(p => Path.GetFileName(p)))}", log));
        var (_, notApplied) = await SourcePatch.ApplyAsync(mirror.Root, patches, log, cancel);
        if (notApplied is not null)
        {
            return (null, notApplied);
        }
        var keysAfter = await KeysAsync(compiler, indirect, changed, work);
        var after = Contents(paths);
        touched = [.. touched.Except(indirect.Where((_, i) => keysBefore[i] is not null && keysBefore[i] == keysAfter[i]))];
        Put(before);
        var (old, notOld) = await AllAsync(compiler, touched, Path.Combine(work, "old"), BuildStage.OldBuild, _ => null);
        if (old is null)
        {
            return (null, notOld);
        }
        Put(after);
        var (@new, notNew) = await AllAsync(compiler, touched, Path.Combine(work, "new"), BuildStage.NewBuild, reads => reads.FirstOrDefault(changed.Contains));
        return @new is null ? (null, notNew) : Pair(touched, old, @new, root);
    }

    // Null: there is no such file.
    private static ImmutableArray<(string Path, byte[]? Bytes)> Contents(IEnumerable<string> paths) => [.. paths.Select(p => (p, File.Exists(p) ? File.ReadAllBytes(p) : null))];

    private static void Put(ImmutableArray<(string Path, byte[]? Bytes)> contents)
    {
        foreach (var (path, bytes) in contents)
        {
            if (bytes is null)
            {
                File.Delete(path);
            }
            else
            {
                File.WriteAllBytes(path, bytes);
            }
        }
    }

    private async Task<string?[]> KeysAsync(UnitCompiler compiler, ImmutableArray<CompileRecord> units, IReadOnlySet<string> changed, string work)
    {
        string?[] keys = new string?[units.Length];
        await Parallel.ForEachAsync(Enumerable.Range(0, units.Length), cancel, async (i, _) => keys[i] = await compiler.KeyOfAsync(units[i], changed, Path.Combine(work, $"{i}.i")));
        return keys;
    }

    private async Task<Refusal?> ApplyBelowAsync(SourceMirror mirror, string log)
    {
        foreach (string patch in options.Below)
        {
            var files = UnifiedDiff.Read(SourcePatch.ReadLines(patch));
            int strip = SourcePatch.StripOf(files, mirror.Root);
            files.Select(f => f.Name(strip)).OfType<string>().ToList().ForEach(mirror.Own);
            if ((await SourcePatch.ApplyAsync(mirror.Root, [patch], log, cancel, keepLines: false)).Refusal is { } refusal)
            {
                return refusal;
            }
        }
        return null;
    }

    /// <param name="wrong">A file that should not have been read, or null.</param>
    private async Task<(string[]? Objects, Refusal? Refusal)> AllAsync(
        UnitCompiler compiler, ImmutableArray<CompileRecord> units, string folder, BuildStage stage, Func<ImmutableArray<string>, string?> wrong)
    {
        Directory.CreateDirectory(folder);
        string[] objects = [.. units.Select((_, i) => Path.Combine(folder, $"{i}.o"))];
        var refusals = new Refusal?[units.Length];
        int count = 0;
        var gate = new Lock();
        await Parallel.ForEachAsync(Enumerable.Range(0, units.Length), cancel, async (i, _) =>
        {
            string source = units[i].Sources.First();
            lock (gate)
            {
                count++;
                Progress?.Report(new BuildEvent(stage, $"compiling {source} ({count} of {units.Length})") { Unit = source, Count = count });
            }
            var (reads, refusal) = await compiler.CompileAsync(units[i], objects[i]);
            refusals[i] = refusal ?? (wrong(reads) is { } original
                ? BuildRefusals.OriginalRead.About(source, $"Compiled with the fix, {source} reads {original}, which is without it; build with --source instead.")
                : null);
        });
        return refusals.OfType<Refusal>().FirstOrDefault() is { } first ? (null, first) : (objects, null);
    }

    private static (ImmutableArray<UnitPair>? Units, Refusal? Refusal) Pair(ImmutableArray<CompileRecord> units, string[] old, string[] @new, string root)
    {
        var pairs = ImmutableArray.CreateBuilder<UnitPair>();
        for (int i = 0; i < units.Length; i++)
        {
            string unit = Path.GetRelativePath(root, units[i].Output!);
            var (before, bad) = Read(old[i], unit);
            var (after, worse) = Read(@new[i], unit);
            if (before is null || after is null)
            {
                return (null, bad ?? worse);
            }
            pairs.Add(new UnitPair(unit, before, after));
        }
        return (pairs.ToImmutable(), null);
    }

    private static (ElfFile? File, Refusal? Refusal) Read(string path, string unit)
    {
        var (bytes, unreadable) = ElfReading.ReadBytes(path);
        return bytes is null ? (null, unreadable) : ElfFile.Parse(bytes, unit, new DebugFiles(path));
    }

    // As make does not: from the database upwards, the first folder that has what the patches change.
    private string FindRoot(ImmutableArray<DiffedFile> files)
    {
        string beside = Path.GetDirectoryName(Path.GetFullPath(options.DatabaseFile))!;
        for (string? folder = beside; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            int strip = SourcePatch.StripOf(files, folder);
            if (files.Any(f => !f.IsAdded) && files.Where(f => !f.IsAdded).All(f => f.Name(strip) is { } name && File.Exists(Path.Combine(folder, name))))
            {
                return folder;
            }
        }
        return beside;
    }
}
