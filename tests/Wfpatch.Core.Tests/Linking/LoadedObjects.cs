// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Linking;
using Wfpatch.Core.Patches;
using Xunit;

namespace Wfpatch.Core.Tests.Linking;

/// <summary>Several files in one memory, each at an address of its own, as the loader leaves them before any symbol is bound.</summary>
internal sealed class LoadedObjects
{
    private readonly List<(Address, ReadOnlyMemory<byte>)> _blocks = [];
    private readonly List<(string Name, Address Start)> _starts = [];

    public Dictionary<string, ElfImage> Images { get; } = [];

    public OverlayMemory Memory { get; private set; } = new(new SegmentedMemory([]));

    public static LoadedObjects Of(params (string Name, ulong Start, byte[] File)[] files)
    {
        var loaded = new LoadedObjects();
        foreach (var (name, start, file) in files)
        {
            var (image, _, refusal) = ElfImage.ReadFile(file, name);
            Assert.Null(refusal);
            foreach (var segment in image!.Segments)
            {
                loaded._blocks.Add((segment.Address + (long)start, file.AsMemory((int)segment.FileOffset, (int)segment.FileSize)));
            }
            loaded._starts.Add((name, image.Header + (long)start));
        }
        loaded.Memory = new OverlayMemory(new SegmentedMemory(loaded._blocks));
        foreach (var (name, start) in loaded._starts)
        {
            loaded.Images[name] = ElfImage.Read(loaded.Memory, start, name).Image!;
            loaded.AddBias(loaded.Images[name]);
        }
        return loaded;
    }

    // Slots of calls hold the file's address of the second half of their entry in the linkage table.
    private void AddBias(ElfImage image)
    {
        var content = new byte[8];
        foreach (var slot in image.DynamicRelocations.Where(r => r.Type == RelocationType.JumpSlot).Select(r => image.ToMemory(r.Offset)))
        {
            Assert.True(Memory.TryRead(slot, content));
            Write(slot, BinaryPrimitives.ReadUInt64LittleEndian(content) + (ulong)image.LoadBias);
        }
    }

    /// <summary>Where a symbol of a file really is.</summary>
    public ulong AddressOf(string image, string symbol, int version = 0) =>
        Images[image].ToMemory(Images[image].FindDynamicSymbols(symbol).Where(s => s.IsDefined).ElementAt(version).Value).Value;

    /// <summary>Writes all slots of an image that are filled from a symbol.</summary>
    public void Bind(string image, string symbol, ulong value)
    {
        var slots = Images[image].DynamicRelocations.Where(r => r.Symbol > 0 && Images[image].DynamicSymbols[r.Symbol].Name == symbol).ToList();
        Assert.NotEmpty(slots);
        slots.ForEach(slot => Write(Images[image].ToMemory(slot.Offset), unchecked(value + (ulong)slot.Addend)));
    }

    public void Write(Address address, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Memory.Write(address, bytes);
    }

    public SymbolAnswer Resolve(string own, string symbol, PatchSymbolKind kind = PatchSymbolKind.Unknown) =>
        new SymbolResolver(Memory, Images[own], Images.Values).Resolve(new PatchSymbol(symbol, "", kind, -1, 0, 0, null));
}
