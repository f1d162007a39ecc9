// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Redirects;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Backends;

/// <summary>All that one program or library says of addresses in its code.</summary>
internal static class ObjectBranches
{
    /// <summary>What cannot be read may lead anywhere. Nothing is read before it is asked.</summary>
    /// <param name="original">Memory without our redirects.</param>
    public static BranchSearch In(LoadedObject loaded, IMemory original)
    {
        Lazy<Approaches?> approaches = new(() =>
            Read(loaded, original, s => s.IsExecutable, s => s.MemorySize) is { } code && Read(loaded, original, s => !s.IsExecutable && s.IsReadable, s => s.FileSize) is { } data
                ? new Approaches(new ObjectCode(code, data, loaded.UnwindTable!.Functions, loaded.Image.IsPositionIndependent))
                : null);
        return (into, function) => approaches.Value is { } known ? known.Find(into, function) : into.Start;
    }

    private static ImmutableArray<(Address Start, ReadOnlyMemory<byte> Bytes)>? Read(
        LoadedObject loaded, IMemory original, Func<ElfSegment, bool> wanted, Func<ElfSegment, ulong> length)
    {
        var blocks = loaded.Image.Segments.Where(wanted).Select(s => (s.Address, Bytes: original.Read(s.Address, (int)length(s)))).ToList();
        return blocks.TrueForAll(b => b.Bytes is not null) ? [.. blocks.Select(b => (b.Address, (ReadOnlyMemory<byte>)b.Bytes!))] : null;
    }
}
