// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Addresses;

/// <summary>Another memory seen with writes on top that have not been made: a plan is checked here before it touches a target.</summary>
public sealed class OverlayMemory(IMemory below) : IMemory
{
    private readonly Dictionary<ulong, byte> _written = [];

    public void Write(Address address, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            _written[address.Value + (ulong)i] = bytes[i];
        }
    }

    /// <summary>Reads byte by byte where a write or a fresh mapping is concerned, so that a range that exists only here can be read.</summary>
    public bool TryRead(Address address, Span<byte> destination)
    {
        bool whole = below.TryRead(address, destination);
        for (int i = 0; i < destination.Length; i++)
        {
            if (_written.TryGetValue(address.Value + (ulong)i, out byte written))
            {
                destination[i] = written;
            }
            else if (!whole && !below.TryRead(address + i, destination.Slice(i, 1)))
            {
                return false;
            }
        }
        return true;
    }
}
