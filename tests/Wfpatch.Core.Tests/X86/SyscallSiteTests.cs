// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.X86;
using Xunit;

namespace Wfpatch.Core.Tests.X86;

public sealed class SyscallSiteTests
{
    private const string Number = "b8 80 00 00 00 ", Call = "0f 05 ", Compare = "48 3d 00 f0 ff ff ", Ends = "77 01 c3 f7 d8 c3";
    private static readonly Address Start = new(0x40_1000);

    [Theory]
    [InlineData("", "the comparison follows")]
    [InlineData("48 89 c5 ", "a copy to rbp, as in glibc 2.36's sigtimedwait")]
    [InlineData("48 89 c3 ", "to rbx")]
    [InlineData("49 89 c4 ", "to r12")]
    public void AreFoundWithAndWithoutACopyOfTheResult(string between, string name)
    {
        byte[] code = CodeText.Bytes(Number + Call + between + Compare + Ends);
        var site = Assert.Single(SyscallSite.Find(code, Start));
        Assert.True(site == new SyscallSite(Start + 5, 0x80, Start + (code.Length - 3)), $"{name}: {site}");
    }

    [Theory]
    [InlineData("48 89 c2 ", "a copy to rdx, the third argument")]
    [InlineData("49 89 c2 ", "to r10, the fourth")]
    [InlineData("89 c5 ", "half of the result")]
    [InlineData("48 89 d5 ", "another register")]
    [InlineData("50 ", "it is pushed: made again, it would be pushed twice")]
    public void WithAnythingElseBetweenTheyAreNot(string between, string name) =>
        Assert.True(SyscallSite.Find(CodeText.Bytes(Number + Call + between + Compare + Ends), Start).IsEmpty, name);

    [Fact]
    public void AnErrorPathOfTwoCallsBelongsToNone()
    {
        const string Second = "b8 81 00 00 00 0f 05 48 3d 00 f0 ff ff 77 01 c3 ";
        byte[] code = CodeText.Bytes(Number + Call + Compare + "77 10 " + Second + "f7 d8 c3");
        Assert.Empty(SyscallSite.Find(code, Start));
    }
}
