// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Audits;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Audits;

/// <summary>The functions that we redirect or hook, as the files have them that they were loaded from: behind what we write,
/// they must be the same in memory. A file that was replaced meanwhile (another build-id) says nothing.</summary>
public static class FunctionsOnDisk
{
    private const int LargestFile = 512 << 20;

    public static IEnumerable<Expectation> Find(Target target, TargetState state)
    {
        ImmutableArray<AddressRange> entries =
            [.. state.Redirects.Select(r => r.Plan).Concat(state.Hooks.Select(h => h.Plan)).SelectMany(p => p.All).Select(TargetExpectations.EntryOf)];
        var files = new Dictionary<LoadedObject, IMemory?>();
        var functions = state.Redirects.Select(r => (r.Name, r.Function))
            .Concat(state.Entries.Select(e => (e.Name, e.Function)))
            .Concat(state.Hooks.Select(h => (Name: TargetExpectations.Describe(h), h.Function)))
            .DistinctBy(f => f.Function);
        foreach (var (name, function) in functions)
        {
            if (target.Objects.FirstOrDefault(o => o.Image.Range.Contains(function)) is not { } loaded)
            {
                continue;
            }
            if (!files.TryGetValue(loaded, out var file))
            {
                files[loaded] = file = ReadFile(target, loaded, function.Start);
            }
            if (file?.Read(function.Start - loaded.Image.LoadBias, (int)function.Length) is { } bytes && !HasRelocations(loaded.Image, function))
            {
                yield return new ExpectedBytes(AuditRefusals.FunctionChanged, $"code of {name}", function.Start, Allow(bytes, function, entries));
            }
        }
    }

    /// <summary>The file laid out at bias 0, where it is the one that was loaded.</summary>
    private static IMemory? ReadFile(Target target, LoadedObject loaded, Address code)
    {
        string? path = target.Mappings.FirstOrDefault(m => m.IsFile && m.Range.Contains(code))?.Path;
        if (path is null || loaded.Image.BuildId is null)
        {
            return null;
        }
        try
        {
            // Through the target's own root: it may live in a container.
            var file = new FileInfo($"{target.Proc.LivingFolder}/root{path}");
            if (!file.Exists || file.Length > LargestFile)
            {
                return null;
            }
            var (image, memory, _) = ElfImage.ReadFile(File.ReadAllBytes(file.FullName), loaded.FileName);
            return image?.BuildId == loaded.Image.BuildId ? memory : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether the loader wrote into the code itself.</summary>
    private static bool HasRelocations(ElfImage image, AddressRange function) =>
        image.DynamicRelocations.Any(r => function.Contains(image.ToMemory(r.Offset)));

    private static ImmutableArray<ImmutableArray<byte>> Allow(byte[] bytes, AddressRange function, ImmutableArray<AddressRange> entries)
    {
        var ours = entries.Where(e => e.Overlaps(function)).ToList();
        return [.. bytes.Select((b, i) => ours.Exists(e => e.Contains(function.Start + i)) ? [] : ImmutableArray.Create(b))];
    }
}
