// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Unwinding;
using Xunit;

namespace Wfpatch.Core.Tests.Quiescence;

public sealed class StackVerdictTests
{
    private static readonly AddressRange[] OldCode =
        [AddressRange.OfLength(new Address(0x1000), 0x10), AddressRange.OfLength(new Address(0x1010), 0x10), AddressRange.OfLength(new Address(0x3000), 0x100)];

    [Fact]
    public void TheInnermostOldFrameIsNamed()
    {
        StackFrame[] frames = [Frame(0x5000, isExact: true), Frame(0x3010), Frame(0x1005)];
        Assert.Equal(new StackVerdict(2, 1), StackVerdict.Decide(frames, OldCode));
        Assert.False(StackVerdict.Decide(frames, OldCode).IsQuiescent);
        Assert.True(StackVerdict.Decide(frames, []).IsQuiescent);
        Assert.True(StackVerdict.Decide([], OldCode).IsQuiescent);
    }

    /// <summary>A return address behind the last instruction belongs to the function that called; an exact address to the one it is in.</summary>
    [Theory]
    [InlineData(0x1010, true, 1)]
    [InlineData(0x1010, false, 0)]
    [InlineData(0x1000, true, 0)]
    [InlineData(0x1000, false, -1)]
    [InlineData(0x3100, true, -1)]
    [InlineData(0x3100, false, 2)]
    public void ReturnAddressesBelongToTheCall(ulong at, bool isExact, int oldCode) =>
        Assert.Equal(oldCode, StackVerdict.Decide([Frame(at, isExact)], OldCode).OldCode);

    [Fact]
    public void DecidingAllocatesNothing()
    {
        StackFrame[] frames = [Frame(0x5000, isExact: true), Frame(0x6000)];
        _ = StackVerdict.Decide(frames, OldCode);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = StackVerdict.Decide(frames, OldCode);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static StackFrame Frame(ulong at, bool isExact = false) => new(new Address(at), default, default, isExact, IsSignalFrame: false);
}
