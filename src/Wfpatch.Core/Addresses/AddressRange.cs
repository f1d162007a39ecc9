// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Addresses;

/// <summary>A half-open range [Start, End) of the target's memory.</summary>
public readonly record struct AddressRange(Address Start, Address End)
{
    public static AddressRange OfLength(Address start, long length) => new(start, start + length);

    /// <summary>Bytes in the range; 0 for an empty one.</summary>
    public ulong Length => End > Start ? End.Value - Start.Value : 0;

    public bool Contains(Address address) => address >= Start && address < End;

    public bool Contains(AddressRange other) => other.Start >= Start && other.End <= End;

    public bool Overlaps(AddressRange other) => Start < other.End && other.Start < End;

    public override string ToString() => $"{Start}-{End}";
}
