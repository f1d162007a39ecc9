// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Plans;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>What the blocks of a target's return hooks hold. Read once; kept up to date by whoever places hooks.</summary>
public sealed class ReturnHookTable : IReturnHooks
{
    private readonly Block[] _blocks = new Block[ReturnHookArea.Count];

    private ReturnHookTable(Address area) => Area = area;

    /// <param name="Number">The generation that the thread gets; 0: none.</param>
    /// <param name="Original">The return address that was exchanged.</param>
    /// <param name="Slot">Where on a stack; zero: the block was never used.</param>
    public readonly record struct Block(uint Number, Address Original, Address Slot);

    public Address Area { get; }

    public ReadOnlySpan<Block> Blocks => _blocks;

    /// <summary>Null where the target has none.</summary>
    public static ReturnHookTable? Read(IMemory memory, Address area)
    {
        if (!ReturnHookArea.IsThere(memory, area) || memory.Read(area, JournalLayout.ReturnHooksLength) is not { } bytes)
        {
            return null;
        }
        var table = new ReturnHookTable(area);
        for (int i = 0; i < ReturnHookArea.Count; i++)
        {
            var block = bytes.AsSpan((int)(ReturnHookArea.BlockAt(area, i) - area), ReturnHookArea.BlockLength);
            table._blocks[i] = new Block(
                BinaryPrimitives.ReadUInt32LittleEndian(block[ReturnHookArea.NumberOffset..]),
                new Address(BinaryPrimitives.ReadUInt64LittleEndian(block[ReturnHookArea.OriginalOffset..])),
                new Address(BinaryPrimitives.ReadUInt64LittleEndian(block[ReturnHookArea.SlotOffset..])));
        }
        return table;
    }

    public void Set(int block, Block content) => _blocks[block] = content;

    public bool TryGetOriginal(Address found, out Address original)
    {
        int block = ReturnHookArea.BlockOf(Area, found);
        original = block >= 0 ? _blocks[block].Original : Address.Zero;
        return original != Address.Zero;
    }
}
