// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Live.Targets;

/// <summary>
/// The pieces of code in which stacks of a process begin: the entries of the program and of the loader, and what stands behind the system
/// calls of glibc's clone and clone3. The tables call the ends of other stacks ends as well (makecontext's, those of coroutines),
/// and there another stack of the same thread lies below.
/// </summary>
public static class StackEnds
{
    /// <summary>e_entry (gabi, "ELF Header").</summary>
    private const int EntryOffset = 24;

    /// <summary>From the end of what is described before the system call to what is described behind it.</summary>
    private const int LongestCall = 64;

    /// <summary>Empty where the C library's functions are not found: nothing can be told then.</summary>
    public static ImmutableArray<AddressRange> Find(ImmutableArray<LoadedObject> objects, IMemory memory)
    {
        ImmutableArray<AddressRange> threads =
        [
            .. from clone in new[] { CloneRoutines.FindClone(objects), CloneRoutines.FindClone3(objects, memory) }.OfType<AddressRange>()
               from piece in Pieces(objects, clone)
               select piece,
        ];
        return threads.IsEmpty ? [] : [.. threads, .. objects.Select(o => EntryOf(o, memory)).OfType<AddressRange>()];
    }

    private static IEnumerable<AddressRange> Pieces(ImmutableArray<LoadedObject> objects, AddressRange clone)
    {
        var functions = objects.FirstOrDefault(o => o.Image.Range.Contains(clone.Start))?.UnwindTable?.Functions ?? [];
        return functions.Where(f => f == clone || (f.Start >= clone.End && f.Start - clone.End <= LongestCall));
    }

    private static AddressRange? EntryOf(LoadedObject loaded, IMemory memory) =>
        memory.TryReadUInt64(loaded.Image.Header + EntryOffset, out ulong entry) && entry != 0
        && loaded.UnwindTable is { } table && table.TryFind(loaded.Image.ToMemory(entry), out var function) ? function : null;
}
