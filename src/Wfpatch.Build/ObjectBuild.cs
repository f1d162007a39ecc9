// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>A patch from two object files, or from two static archives of them.</summary>
public static class ObjectBuild
{
    public static BuildResult Run(string oldObject, string newObject, BuildOptions options)
    {
        options.Progress?.Report(new BuildEvent(BuildStage.Comparing, $"comparing {Path.GetFileName(oldObject)} with {Path.GetFileName(newObject)}"));
        var (old, oldRefusal) = ElfReading.ReadBytes(oldObject);
        var (@new, newRefusal) = ElfReading.ReadBytes(newObject);
        var (buildId, buildIdRefusal) = options.InstalledFile is null ? (null, null) : ElfReading.ReadBuildId(options.InstalledFile);
        ImmutableArray<Refusal> refusals = [.. new[] { oldRefusal, newRefusal, buildIdRefusal }.OfType<Refusal>()];
        if (old is null || @new is null || !refusals.IsEmpty)
        {
            return BuildResult.Refused(refusals);
        }
        var diffOptions = options.ForDiff(options.SingleName, buildId);
        var (diff, unreadable) = Diff((oldObject, old), (newObject, @new), diffOptions);
        return diff is null ? BuildResult.Refused(unreadable) : InstalledCheck.Apply(BuildResult.Of(diff, options), options);
    }

    private static (DiffResult? Diff, ImmutableArray<Refusal> Refusals) Diff((string Path, byte[] Bytes) old, (string Path, byte[] Bytes) @new, DiffOptions options)
    {
        bool isArchive = ArchiveFile.IsArchive(old.Bytes);
        if (isArchive != ArchiveFile.IsArchive(@new.Bytes))
        {
            string archive = Path.GetFileName(isArchive ? old.Path : @new.Path);
            return (null, [FileRefusals.NotElf.About(archive, $"{archive} is a static archive, and what it is compared with is none; name two of a kind.")]);
        }
        if (isArchive)
        {
            var (units, refusals) = ArchivePair.Read(old, @new);
            return refusals.IsEmpty ? (ParallelDiff.Diff(units, options), []) : (null, refusals);
        }
        var (oldFile, oldRefusal) = ElfFile.Parse(old.Bytes, Path.GetFileName(old.Path), new DebugFiles(old.Path));
        var (newFile, newRefusal) = ElfFile.Parse(@new.Bytes, Path.GetFileName(@new.Path), new DebugFiles(@new.Path));
        return oldFile is null || newFile is null
            ? (null, [.. new[] { oldRefusal, newRefusal }.OfType<Refusal>()])
            : (ObjectDiffer.Diff(oldFile, newFile, options), []);
    }
}
