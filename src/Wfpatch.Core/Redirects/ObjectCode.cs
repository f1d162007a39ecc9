// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects;

/// <summary>All of a program or library that can say where its code goes, at the addresses at which it is loaded.</summary>
/// <param name="Code">Its executable segments.</param>
/// <param name="Data">Its other segments, as far as they come from the file: what is zero at the start names no address.</param>
/// <param name="Functions">The code ranges that its unwind table describes, in order.</param>
/// <param name="IsPositionIndependent">False: code and data may hold absolute addresses of four bytes.</param>
public sealed record ObjectCode(
    ImmutableArray<(Address Start, ReadOnlyMemory<byte> Bytes)> Code, ImmutableArray<(Address Start, ReadOnlyMemory<byte> Bytes)> Data,
    ImmutableArray<AddressRange> Functions, bool IsPositionIndependent)
{
    /// <summary>Addresses that the loader writes into the data, where <see cref="Data"/> is as in the file.</summary>
    public ImmutableArray<Address> Relocated { get; init; } = [];

    /// <summary>The described range around an address, with its bytes; null: there is none.</summary>
    public (AddressRange Range, ReadOnlyMemory<byte> Bytes)? FindFunction(Address at)
    {
        int index = Functions.BinarySearch(new AddressRange(at, at), Comparer<AddressRange>.Create((a, b) => a.Start.CompareTo(b.Start)));
        var range = (index >= 0 ? index : ~index - 1) is >= 0 and var found ? Functions[found] : default;
        return range.Contains(at) && Read(range) is { } bytes ? (range, bytes) : null;
    }

    /// <summary>The code of a range; null where it does not lie in one segment.</summary>
    public ReadOnlyMemory<byte>? Read(AddressRange range)
    {
        foreach (var (start, bytes) in Code)
        {
            if (range.Start >= start && range.End <= start + bytes.Length)
            {
                return bytes.Slice((int)(range.Start - start), (int)range.Length);
            }
        }
        return null;
    }

    /// <summary>Whether an address is one of code.</summary>
    public bool IsCode(Address at) => Code.Any(c => at >= c.Start && at < c.Start + c.Bytes.Length);
}
