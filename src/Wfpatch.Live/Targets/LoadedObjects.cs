// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>What is loaded in a target, in the loader's search order: the main program first.</summary>
public static class LoadedObjects
{
    private const int MaximumObjects = 10_000;

    public static ImmutableArray<LoadedObject> Read(ImmutableArray<Mapping> mappings, IMemory memory, string? mainName)
    {
        var found = mappings
            .Where(m => m.IsReadable && (m.IsFile && m.FileOffset == 0 || m.Path == "[vdso]"))
            .Select(m => (m, ElfImage.Read(memory, m.Range.Start, m.IsFile ? m.FileName : m.Path).Image))
            .Where(f => f.Image is not null)
            .Select(f => new LoadedObject(f.Image!.Name, f.Image, memory))
            .DistinctBy(o => o.Image.Header)
            .ToList();
        var main = found.FirstOrDefault(o => o.FileName == mainName) ?? found.FirstOrDefault();
        if (main is null)
        {
            return [];
        }
        var order = ReadLoadOrder(main.Image, memory);
        int Position(LoadedObject o)
        {
            int at = order.FindIndex(a => o.Image.Range.Contains(a));
            return o == main ? -1 : at < 0 ? int.MaxValue : at;
        }
        return [.. found.OrderBy(Position)];
    }

    /// <summary>The dynamic sections' addresses in the order of the loader's link map (r_debug, struct link_map of link.h).</summary>
    private static List<Address> ReadLoadOrder(ElfImage main, IMemory memory)
    {
        const ulong TagDebug = 21;
        const int MapOffset = 8, DynamicOffset = 16, NextOffset = 24, LinkMapLength = 32;
        var order = new List<Address>();
        var debug = main.FindDynamicAddress(TagDebug);
        if (debug == Address.Zero || !memory.TryReadUInt64(debug + MapOffset, out ulong next))
        {
            return order;
        }
        while (next != 0 && order.Count < MaximumObjects && memory.Read(new Address(next), LinkMapLength) is { } map)
        {
            order.Add(new Address(BinaryPrimitives.ReadUInt64LittleEndian(map.AsSpan(DynamicOffset))));
            next = BinaryPrimitives.ReadUInt64LittleEndian(map.AsSpan(NextOffset));
        }
        return order;
    }
}
