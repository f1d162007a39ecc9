// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.X86;
using Xunit;

namespace Wfpatch.Core.Tests.X86;

public sealed class EntryBranchesTests
{
    private static readonly Address Entry = new(0x40_1000);

    [Theory]
    [InlineData("48 ff cf 75 fb c3", 3, 3, "a loop whose head is the entry")]
    [InlineData("48 ff cf 0f 85 f7 ff ff ff c3", 3, 3, "the same, near")]
    [InlineData("90 90 eb fc", 1, 2, "jmp back")]
    [InlineData("f0 48 ff 0f 75 fb c3", 4, 4, "into the middle: behind a lock prefix")]
    [InlineData("90 e2 fd c3", 1, 1, "loop")]
    [InlineData("48 83 ec 08 e8 f8 ff ff ff c3", 4, 4, "a call into the middle")]
    public void BranchesIntoTheFirstInstructionAreFound(string hex, int firstLength, int at, string name)
    {
        var found = EntryBranches.Find(CodeText.Bytes(hex), Entry, firstLength);
        Assert.True(found?.From == Entry + at, $"{name}: {found}");
    }

    [Theory]
    [InlineData("48 83 ec 08 e8 f7 ff ff ff c3", 4, "recursion enters anew")]
    [InlineData("55 48 ff cf 75 fb 5d c3", 1, "a loop whose head is the second instruction")]
    [InlineData("55 ff e0", 1, "an indirect jump leads nowhere that is known")]
    [InlineData("74 01 c3 c3", 2, "forward")]
    public void OthersAreNot(string hex, int firstLength, string name) =>
        Assert.True(EntryBranches.Find(CodeText.Bytes(hex), Entry, firstLength) is null, name);

    [Fact]
    public void AJumpToItselfCounts() => Assert.Equal(new DirectBranch(Entry, Entry), EntryBranches.Find(CodeText.Bytes("eb fe"), Entry, 2));
}
