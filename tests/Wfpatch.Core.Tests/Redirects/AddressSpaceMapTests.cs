// SPDX-License-Identifier: Apache-2.0
using CsCheck;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Tests.Addresses;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects;

/// <summary>The map against a plain list of what is taken, byte by byte.</summary>
public sealed class AddressSpaceMapTests
{
    private const ulong Base = 0x5555_0000_0000;
    private const int Pages = 32;

    private static readonly Gen<AddressRange> Ranges = Gen.Select(Gen.Int[0, Pages - 1], Gen.Int[1, 6]).Select(r => InPages(r.Item1, r.Item2));

    [Fact]
    public void FreeIsWhatNothingTouches() =>
        Seeded.Check(Gen.Select(Ranges.Array[0, 6], Gen.Int[0, Pages].Array[0, 3], Ranges.Array[10]), 2_000, sample =>
        {
            var (taken, pages, asked) = sample;
            var map = new AddressSpaceMap(taken, pages.Select(p => InPages(p, 1).Start), []);
            foreach (var range in asked)
            {
                Assert.Equal(!taken.Any(range.Overlaps) && !pages.Any(p => InPages(p, 1).Overlaps(range)), map.IsFree(range));
            }
        });

    /// <summary>A page of ours costs nothing; a new one its page, and a page table where the 2 MiB around it are empty.</summary>
    [Theory]
    [InlineData(0x4000_0010, 0)]
    [InlineData(0x4000_1010, 1)]
    [InlineData(0x401f_fff0, 3)] // two pages, of which the second begins another 2 MiB
    [InlineData(0x4060_0010, 1)] // beside a mapping of somebody else
    [InlineData(0x4100_0010, 2)]
    public void MemoryIsPagesAndPageTables(long start, int pages)
    {
        var map = new AddressSpaceMap([AddressRange.OfLength(new Address(0x4070_0000), 4096)], [new Address(0x4000_0000)], []);
        Assert.Equal(pages, map.CountNewMemory(AddressRange.OfLength(new Address((ulong)start), 78)));
    }

    /// <summary>A place that is found is allowed; none is found only where no page would do.</summary>
    [Fact]
    public void PlacesAreFoundWhereThereAreAny() =>
        Seeded.Check(Gen.Select(Ranges.Array[0, 9], Gen.Int[0, Pages].Array[0, 3], Gen.Int[0, Pages * 4096], Gen.Int[1, 3 * 4096]), 2_000, sample =>
        {
            const int Length = 78;
            var (taken, pages, start, count) = sample;
            var map = new AddressSpaceMap(taken, pages.Select(p => InPages(p, 1).Start), []);
            var starts = AddressRange.OfLength(new Address(Base) + start, count);
            var place = map.FindPlace(starts, Length, starts.Start);
            if (place is { } at)
            {
                Assert.True(starts.Contains(at));
                Assert.True(map.CanHold(AddressRange.OfLength(at, Length)));
                return;
            }
            // Whole pages in the range: one of them is free or ours, and would have been found.
            for (var page = starts.Start.AlignUp(Address.PageSize); page < starts.End; page += (long)Address.PageSize)
            {
                Assert.False(map.CanHold(AddressRange.OfLength(page, Length)), $"{page} was not found");
            }
        });

    [Fact]
    public void NothingIsFreeBelowTheLowestPageOrBeyondUserMemory()
    {
        var map = new AddressSpaceMap([], [], []);
        Assert.False(map.IsFree(AddressRange.OfLength(new Address(0xf000), 0x1000)));
        Assert.True(map.IsFree(AddressRange.OfLength(new Address(0x10000), 0x1000)));
        Assert.False(map.IsFree(AddressRange.OfLength(Address.UserEnd, 0x1000)));
        Assert.False(map.IsFree(AddressRange.OfLength(new Address(ulong.MaxValue - 0xfff), 0x1000)));
        Assert.False(map.CanHold(AddressRange.OfLength(new Address(ulong.MaxValue - 10), 78)));
        Assert.Null(new AddressSpaceMap([new AddressRange(new Address(0x10000), Address.UserEnd)], [], []).FindFree(InPages(0, 4), 4096));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void TheNearestFreeRangeIsFound(int pages)
    {
        // Holes of one page and of three pages, the smaller one nearer.
        AddressRange[] taken = [InPages(0, 10), InPages(11, 4), InPages(18, 10), new(new Address(0x10000), new Address(Base))];
        var map = new AddressSpaceMap(taken, [], []);
        Assert.Equal(InPages(pages == 1 ? 10 : 15, pages), map.FindFree(InPages(2, 8), pages * 4096L));
    }

    private static AddressRange InPages(int page, int count) => AddressRange.OfLength(new Address(Base + ((ulong)page * 4096)), count * 4096L);
}
