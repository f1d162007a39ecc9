// SPDX-License-Identifier: Apache-2.0
using CsCheck;
using Wfpatch.Core.Addresses;
using Xunit;

namespace Wfpatch.Core.Tests.Addresses;

public sealed class MemoryTests
{
    private const int Size = 64;

    /// <summary>Blocks with holes, and writes on top, against one array where a null is a byte that cannot be read.</summary>
    [Fact]
    public void OverlaysAndSegmentsReadLikeAnArray() =>
        Seeded.Check(Gen.Select(Gen.Int[0, 3].Array[Size], Gen.Select(Gen.Int[0, Size - 1], Gen.Byte.Array[0, 9]).Array[0, 5], Gen.Select(Gen.Int[0, Size - 1], Gen.Int[0, 20]).Array[20]), 500, sample =>
        {
            var (holes, writes, reads) = sample;
            var expected = holes.Select((h, i) => h == 0 ? (byte?)null : (byte)i).ToArray();
            var memory = new OverlayMemory(new SegmentedMemory(Blocks(expected)));
            foreach (var (at, bytes) in writes)
            {
                var cut = bytes.AsSpan(0, Math.Min(bytes.Length, Size - at));
                memory.Write(new Address((ulong)at), cut);
                for (int i = 0; i < cut.Length; i++)
                {
                    expected[at + i] = cut[i];
                }
            }
            foreach (var (at, length) in reads)
            {
                var there = Enumerable.Range(at, length).Select(i => i < Size ? expected[i] : null).ToArray();
                var read = memory.Read(new Address((ulong)at), length);
                Assert.Equal(there.All(b => b is not null), read is not null);
                Assert.True(read is null || read.SequenceEqual(there.Select(b => b!.Value)));
            }
        });

    [Fact]
    public void RangesKnowWhatTheyHold()
    {
        var range = new AddressRange(new Address(0x1000), new Address(0x2000));
        Assert.True(range.Contains(range) && range.Contains(range.Start) && !range.Contains(range.End));
        Assert.False(range.Overlaps(AddressRange.OfLength(range.End, 1)) || range.Overlaps(AddressRange.OfLength(range.Start - 1, 1)));
        Assert.Equal(0UL, new AddressRange(range.End, range.Start).Length);
        Assert.Equal(new Address(0x3000), new Address(0x2001).AlignUp(Address.PageSize));
        Assert.Equal(-1L, new Address(0) - new Address(1));
    }

    private static IEnumerable<(Address, ReadOnlyMemory<byte>)> Blocks(byte?[] bytes)
    {
        // A block of one or two bytes each: reads cross from one to the next.
        for (int i = 0; i < bytes.Length; i += 2)
        {
            if (bytes[i] is { } first && bytes[i + 1] is { } second)
            {
                yield return (new Address((ulong)i), new[] { first, second });
            }
            else if ((bytes[i] ?? bytes[i + 1]) is { } one)
            {
                yield return (new Address((ulong)(bytes[i] is null ? i + 1 : i)), new[] { one });
            }
        }
    }
}
