// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Addresses;

/// <summary>
/// Bytes by address: a live process, a file laid out as it would be loaded, a recorded snapshot or an overlay.
/// Readers do not know which.
/// </summary>
public interface IMemory
{
    /// <summary>Fills <paramref name="destination"/> from <paramref name="address"/> on; false, with nothing promised
    /// about its content, where any byte cannot be read. Never throws for an address.</summary>
    bool TryRead(Address address, Span<byte> destination);
}
