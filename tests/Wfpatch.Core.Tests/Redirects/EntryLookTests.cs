// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects;

/// <summary>The last look before an entry is written.</summary>
public sealed class EntryLookTests
{
    private static readonly Address Entry = new(0x40_1000);

    // push rbp; the four bytes behind it are the displacement of a jump to where they lead.
    private static readonly byte[] Code = [0x55, 0x10, 0x20, 0x30, 0x00, 0xc3];
    private static readonly RedirectPlan Plan = new(
        Entry, "displacement", Code.AsMemory(0, 1), new EntryWrite(Entry, Code.AsMemory(0, 1), new byte[] { 0xe9 }), Entry, Entry + 5 + 0x30_2010, 32);

    [Theory]
    [InlineData("55 10 20 30 00 c3", EntryLook.Ready)]
    [InlineData("e9 10 20 30 00 c3", EntryLook.Done)]
    [InlineData("cc 10 20 30 00 c3", EntryLook.Gone)] // a debugger's breakpoint
    [InlineData("55 10 20 31 00 c3", EntryLook.Gone)] // another library's function that begins alike
    [InlineData("e9 10 20 31 00 c3", EntryLook.Done)] // nothing would change
    [InlineData("55 10 20 30", EntryLook.Gone)] // the end of what is mapped
    public void What_is_found_when_it_is_to_be_redirected(string bytes, EntryLook expected) =>
        Assert.Equal(expected, Plan.LookIn(new SegmentedMemory([(Entry, Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)))]), Plan.Write.New.Span));

    [Theory]
    [InlineData("e9 10 20 30 00 c3", EntryLook.Ready)]
    [InlineData("55 10 20 30 00 c3", EntryLook.Done)]
    [InlineData("cc 10 20 30 00 c3", EntryLook.Gone)]
    public void What_is_found_when_it_is_to_be_taken_back(string bytes, EntryLook expected) =>
        Assert.Equal(expected, Plan.LookIn(new SegmentedMemory([(Entry, Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)))]), Plan.Write.Old.Span));

    [Fact]
    public void A_quadword_around_the_opcode_is_looked_at_whole()
    {
        // Three bytes of a neighbour stand before the entry, and one of them has changed.
        byte[] old = [1, 2, 3, 0x55, 0x10, 0x20, 0x30, 0x00];
        byte[] @new = [1, 2, 3, 0xe9, 0x10, 0x20, 0x40, 0x00];
        var plan = new RedirectPlan(Entry + 3, "free", old.AsMemory(3, 1), new EntryWrite(Entry, old, @new), Entry + 3, Entry + 8 + 0x40_2010, 32);
        byte[] changed = [.. old];
        changed[1] = 9;
        Assert.Equal(EntryLook.Ready, plan.LookIn(new SegmentedMemory([(Entry, old)]), @new));
        Assert.Equal(EntryLook.Gone, plan.LookIn(new SegmentedMemory([(Entry, changed)]), @new));
    }
}
