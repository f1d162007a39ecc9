// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace Wfpatch.Core.Addresses;

/// <summary>A virtual address in the target. For an image that is not loaded: the address that the file gives (p_vaddr).</summary>
public readonly record struct Address(ulong Value) : IComparable<Address>
{
    /// <summary>Bytes in a page of x86-64.</summary>
    public const ulong PageSize = 4096;

    /// <summary>One past the highest address that user code can have with four-level paging.</summary>
    public static readonly Address UserEnd = new(0x7fff_ffff_f000);

    public static Address Zero => default;

    public Address PageStart => new(Value & ~(PageSize - 1));

    /// <summary>This address, or the next one that is a multiple of <paramref name="alignment"/> (a power of two).</summary>
    public Address AlignUp(ulong alignment) => new((Value + alignment - 1) & ~(alignment - 1));

    public int CompareTo(Address other) => Value.CompareTo(other.Value);

    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);

    public static Address operator +(Address a, long bytes) => new(unchecked(a.Value + (ulong)bytes));

    public static Address operator -(Address a, long bytes) => new(unchecked(a.Value - (ulong)bytes));

    /// <summary>The signed distance in bytes from <paramref name="b"/> to <paramref name="a"/>.</summary>
    public static long operator -(Address a, Address b) => unchecked((long)(a.Value - b.Value));

    public static bool operator <(Address a, Address b) => a.Value < b.Value;

    public static bool operator >(Address a, Address b) => a.Value > b.Value;

    public static bool operator <=(Address a, Address b) => a.Value <= b.Value;

    public static bool operator >=(Address a, Address b) => a.Value >= b.Value;
}
