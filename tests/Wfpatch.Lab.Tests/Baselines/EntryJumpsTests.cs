// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Lab.Baselines;
using Xunit;

namespace Wfpatch.Lab.Tests.Baselines;

/// <summary>The jumps that a baseline writes, and where it may not.</summary>
public sealed class EntryJumpsTests
{
    private const string Patch = "0123456789abcdef";
    private static readonly Address Old = new(0x401000), New = new(0x500000);

    // push rbp; mov rbp,rsp; xor eax,eax; pop rbp; ret
    private static readonly byte[] Plain = [0x55, 0x48, 0x89, 0xe5, 0x31, 0xc0, 0x5d, 0xc3];

    // xor eax,eax; dec edi; jne -4, which is behind the first instruction
    private static readonly byte[] Loop = [0x31, 0xc0, 0xff, 0xcf, 0x75, 0xfc, 0xc3];

    [Fact]
    public void A_jump_leads_from_the_entry_to_the_new_code_and_is_taken_back_whole()
    {
        var jumps = EntryJumps.Of(State(Plain.Length), Patch, new Code(Plain));
        var apply = Assert.Single(jumps.Apply);
        Assert.Equal((Old, 5, 0xe9), (apply.Address, apply.Bytes.Length, apply.Bytes[0]));
        Assert.Equal(New, Old + 5 + BinaryPrimitives.ReadInt32LittleEndian(apply.Bytes.AsSpan(1)));
        Assert.Equal(Plain[..5], Assert.Single(jumps.Revert).Bytes);
        Assert.Equal(new AddressRange(Old + 1, Old + 5), Assert.Single(jumps.Middles));
        Assert.Equal([AddressRange.OfLength(Old, Plain.Length), new AddressRange(New, New + 64)], jumps.Changed);
    }

    [Theory]
    [InlineData(4, "shorter")]
    [InlineData(7, "branches into its first 5 bytes")]
    public void It_is_not_written_where_it_would_not_be_right(int length, string why)
    {
        var problem = Assert.Throws<InvalidOperationException>(() => EntryJumps.Of(State(length), Patch, new Code(Loop)));
        Assert.Contains(why, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_patch_that_is_in_force_or_was_never_there_is_none_for_a_baseline()
    {
        var state = State(Plain.Length);
        Assert.Throws<InvalidOperationException>(() => EntryJumps.Of(state, "another", new Code(Plain)));
        Assert.Throws<InvalidOperationException>(() => EntryJumps.Of(state with { Applied = [new AppliedPatch(1, 0)] }, Patch, new Code(Plain)));
    }

    private static TargetState State(int length) => TargetState.Empty with
    {
        Images = [new ImageState(Patch, "p", "program", new(New, New + 64), default, [new("f", Old, AddressRange.OfLength(Old, length), new(New, New + 8))], [])],
    };

    private sealed class Code(byte[] code) : IMemory
    {
        public bool TryRead(Address address, Span<byte> destination)
        {
            code.AsSpan((int)(address - Old), destination.Length).CopyTo(destination);
            return true;
        }
    }
}
