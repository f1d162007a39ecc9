// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>The object files of two static archives, paired by name; where an archive has a name twice, by name and order.</summary>
internal static class ArchivePair
{
    public static (ImmutableArray<UnitPair> Units, ImmutableArray<Refusal> Refusals) Read(
        (string Path, byte[] Bytes) old, (string Path, byte[] Bytes) @new)
    {
        var (oldMembers, oldRefusal) = Members(Path.GetFileName(old.Path), old.Bytes);
        var (newMembers, newRefusal) = Members(Path.GetFileName(@new.Path), @new.Bytes);
        if (oldMembers is null || newMembers is null)
        {
            return ([], [.. new[] { oldRefusal, newRefusal }.OfType<Refusal>()]);
        }
        var units = new List<UnitPair>();
        var refusals = new List<Refusal>();
        foreach (string member in oldMembers.Keys.Union(newMembers.Keys).Order(StringComparer.Ordinal))
        {
            var before = Object(old.Path, member, oldMembers, refusals);
            bool isSame = before is not null && newMembers.TryGetValue(member, out var bytes) && bytes.Span.SequenceEqual(oldMembers[member].Span);
            units.Add(new UnitPair(member, before, isSame ? before : Object(@new.Path, member, newMembers, refusals)));
        }
        return ([.. units], [.. refusals.Distinct()]);
    }

    private static (Dictionary<string, ReadOnlyMemory<byte>>? Members, Refusal? Refusal) Members(string name, byte[] bytes)
    {
        var (archive, refusal) = ArchiveFile.Parse(bytes, name);
        if (archive is null)
        {
            return (null, refusal);
        }
        var members = new Dictionary<string, ReadOnlyMemory<byte>>();
        foreach (var member in archive.Members)
        {
            int nth = 1;
            for (string unique = member.Name; !members.TryAdd(unique, member.Bytes); unique = $"{member.Name}#{nth}")
            {
                nth++;
            }
        }
        return members.Count == 0
            ? (null, BuildRefusals.NoObjects.About(name, $"The archive {name} holds no object files."))
            : (members, null);
    }

    private static ElfFile? Object(string archive, string member, Dictionary<string, ReadOnlyMemory<byte>> members, List<Refusal> refusals)
    {
        if (!members.TryGetValue(member, out var bytes))
        {
            return null;
        }
        var (file, refusal) = ElfFile.Parse(bytes, $"{Path.GetFileName(archive)}({member})", new DebugFiles(Path.Combine(Path.GetDirectoryName(archive) ?? "", member)));
        if (refusal is not null)
        {
            refusals.Add(refusal);
        }
        return file;
    }
}
