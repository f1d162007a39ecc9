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
        var orders = ReadLoadOrders(main.Image, memory);
        IReadOnlyDictionary<int, int> Places(ElfImage image) => orders.Select((order, n) => (Namespace: n, At: order.FindIndex(image.Range.Contains)))
            .Where(p => p.At >= 0).ToDictionary(p => p.Namespace, p => p.At);
        int Position(LoadedObject o) => o.Image == main.Image ? -1 : o.Namespaces.TryGetValue(0, out int at) ? at : int.MaxValue;
        return [.. found.Select(o => new LoadedObject(o.FileName, o.Image, memory) { Namespaces = Places(o.Image) }).OrderBy(Position)];
    }

    /// <summary>For each namespace the dynamic sections' addresses in the order of the loader's link map (r_debug and struct link_map of link.h; since
    /// glibc 2.35, r_version 2, one leads to that of the next namespace, struct r_debug_extended).</summary>
    private static List<List<Address>> ReadLoadOrders(ElfImage main, IMemory memory)
    {
        const ulong TagDebug = 21;
        const int NextOffset = 40, MaximumNamespaces = 64;
        var orders = new List<List<Address>>();
        var debug = main.FindDynamicAddress(TagDebug);
        while (debug != Address.Zero && orders.Count < MaximumNamespaces)
        {
            orders.Add(ReadLoadOrder(debug, memory));
            bool hasNext = memory.TryReadUInt32(debug, out uint version) && version >= 2;
            debug = hasNext && memory.TryReadUInt64(debug + NextOffset, out ulong next) ? new Address(next) : Address.Zero;
        }
        return orders;
    }

    private static List<Address> ReadLoadOrder(Address debug, IMemory memory)
    {
        const int MapOffset = 8, DynamicOffset = 16, NextOffset = 24, LinkMapLength = 32;
        var order = new List<Address>();
        if (!memory.TryReadUInt64(debug + MapOffset, out ulong next))
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
