// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.X86;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects;

/// <summary>The jump that views have at a function's entry.</summary>
public sealed class EntryJumpTests
{
    private static readonly Address At = new(0x40_1000);
    private static readonly AddressRange NewCode = AddressRange.OfLength(new Address(0x50_0000), 0x1000);

    [Theory]
    [InlineData(16, "f30f1efa554889e5c3909090")] // longer than a jump
    [InlineData(5, "b807000000")] // as long
    [InlineData(3, "31c0c3660f1f440000")] // a nop of six bytes behind
    [InlineData(1, "c3cccccccc")] // int3
    [InlineData(2, "89c3000000")] // zeros
    [InlineData(1, "c366662e0f1f840000000000")] // one long nop
    public void AJumpHasRoom(int length, string code)
    {
        var (entry, refusal) = Plan(length, code);
        Assert.Null(refusal);
        var write = EntryJump.Write(entry!, NewCode.Start);
        Assert.Equal(At, write.Address);
        Assert.Equal(EntryJump.Length, write.Bytes.Length);
        Assert.Equal(code[..10], Convert.ToHexStringLower(entry!.Old.Span));
        var jump = CodeReader.DecodeFirst(write.Bytes, At)!.Value;
        Assert.Equal(Iced.Intel.Mnemonic.Jmp, jump.Mnemonic);
        Assert.Equal(NewCode.Start.Value, jump.NearBranchTarget);
    }

    [Theory]
    [InlineData(3, "31c0c3554889e5c3")] // code that no table knows
    [InlineData(1, "c39031c0c3909090")] // padding, but not enough
    public void WithoutRoomItIsRefusedByName(int length, string code) =>
        Assert.Equal(RedirectRefusals.NoRoomForJump, Plan(length, code).Refusal?.Kind);

    /// <summary>What looks like padding may be a function.</summary>
    [Fact]
    public void AFunctionBehindIsNoPadding()
    {
        var (_, refusal) = Plan(1, "c390909090", AddressRange.OfLength(At + 1, 4));
        Assert.Equal(RedirectRefusals.NoRoomForJump, refusal?.Kind);
        Assert.Contains("short", refusal!.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void WhereSomethingLeadsIntoTheBytesItIsRefused()
    {
        var from = new Address(0x40_2000);
        var (_, refusal) = EntryJump.Plan("f", AddressRange.OfLength(At, 16), Code("f30f1efa554889e5c3"), [], NewCode, (into, _) =>
        {
            Assert.Equal(new AddressRange(At + 1, At + 5), into); // at the entry itself the jump stands
            return from;
        });
        Assert.Equal(RedirectRefusals.EntryApproached, refusal?.Kind);
        Assert.Contains($"{from}", refusal!.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void NewCodeOutOfReachIsRefused()
    {
        var (_, refusal) = EntryJump.Plan("f", AddressRange.OfLength(At, 16), Code("90"), [], AddressRange.OfLength(At + (3L << 30), 64), (_, _) => null);
        Assert.Equal(RedirectRefusals.NoPlace, refusal?.Kind);
    }

    private static (Core.Generations.EntryState? Entry, Refusal? Refusal) Plan(int length, string code, params ImmutableArray<AddressRange> others) =>
        EntryJump.Plan("short", AddressRange.OfLength(At, length), Code(code), [AddressRange.OfLength(At, length), .. others], NewCode, (_, _) => null);

    private static byte[] Code(string hex)
    {
        var code = new byte[EntryJump.LookedAt];
        code.AsSpan().Fill(0x55); // push: no padding
        Convert.FromHexString(hex).CopyTo(code, 0);
        return code;
    }
}
