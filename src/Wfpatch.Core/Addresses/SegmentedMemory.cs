// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Addresses;

/// <summary>Memory made of separate blocks of bytes, each at an address: a snapshot, or a file laid out as it would be loaded.
/// A read may cross from one block into one that follows it directly.</summary>
public sealed class SegmentedMemory : IMemory
{
    private readonly (Address Start, ReadOnlyMemory<byte> Bytes)[] _blocks;

    /// <param name="blocks">The blocks, in any order, not overlapping.</param>
    public SegmentedMemory(IEnumerable<(Address Start, ReadOnlyMemory<byte> Bytes)> blocks)
    {
        _blocks = [.. blocks.Where(b => b.Bytes.Length > 0).OrderBy(b => b.Start)];
    }

    public bool TryRead(Address address, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            if (!TryFind(address, out var block))
            {
                return false;
            }
            int offset = (int)(address - block.Start);
            int count = Math.Min(destination.Length, block.Bytes.Length - offset);
            block.Bytes.Span.Slice(offset, count).CopyTo(destination);
            destination = destination[count..];
            address += count;
        }
        return true;
    }

    private bool TryFind(Address address, out (Address Start, ReadOnlyMemory<byte> Bytes) found)
    {
        int low = 0;
        int high = _blocks.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_blocks[middle].Start <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        found = low > 0 ? _blocks[low - 1] : default;
        return low > 0 && address.Value - found.Start.Value < (ulong)found.Bytes.Length;
    }
}
