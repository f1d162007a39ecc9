// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Testing.Simulation;

/// <summary>Pages of bytes. What is not mapped reads as int3, so that whoever runs there is caught.</summary>
public sealed class SimulatedMemory : IMemory
{
    private const int PageSize = (int)Address.PageSize;
    private const byte Breakpoint = 0xcc;

    private readonly Dictionary<ulong, byte[]> _pages = [];

    public bool IsMapped(Address address) => _pages.ContainsKey(address.PageStart.Value);

    public void Map(AddressRange range)
    {
        for (var page = range.Start.PageStart; page < range.End; page += PageSize)
        {
            _pages.TryAdd(page.Value, new byte[PageSize]);
        }
    }

    public byte this[Address address]
    {
        get => _pages.TryGetValue(address.PageStart.Value, out var page) ? page[address.Value % PageSize] : Breakpoint;
        set => _pages[address.PageStart.Value][address.Value % PageSize] = value;
    }

    public bool TryRead(Address address, Span<byte> destination)
    {
        bool whole = true;
        for (int i = 0; i < destination.Length; i++)
        {
            whole &= IsMapped(address + i);
            destination[i] = this[address + i];
        }
        return whole;
    }

    public void Write(Address address, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            this[address + i] = bytes[i];
        }
    }
}
