// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using CsCheck;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Seccomp;
using Wfpatch.Core.Tests.Addresses;
using Wfpatch.Core.X86;
using Xunit;

namespace Wfpatch.Core.Tests.Seccomp;

public sealed class SeccompFilterTests
{
    private const ushort JumpIfEqual = 0x15, JumpIfSet = 0x45, And = 0x54, Add = 0x04, AddIndex = 0x0c, Divide = 0x3c, ShiftLeft = 0x64;
    private const uint Kill = 0x80000000, Error = 0x00050001, Allow = SeccompVerdict.Allow, Log = SeccompVerdict.Log;

    private static readonly SeccompCall Mmap = SeccompCall.Of(SyscallStub.MapExecutable(new AddressRange(new Address(0x10000), new Address(0x20000))));

    [Fact]
    public void The_call_that_is_asked_about_is_the_one_that_is_made()
    {
        Assert.Equal(9, SeccompCall.MapExecutable.Number);
        Assert.Equal(Mmap.Arguments[2..], SeccompCall.MapExecutable.Arguments[2..]);
        Assert.Equal([null, null], SeccompCall.MapExecutable.Arguments[..2]);
        Assert.Equal(0xffffffff, Mmap.Word(16 + (4 * 8)));
        Assert.Equal(0xffffffff, Mmap.Word(16 + (4 * 8) + 4));
        Assert.Equal(SeccompCall.Architecture, Mmap.Word(4));
        Assert.Null(Mmap.Word(8));
    }

    [Theory]
    [InlineData(9, Error)]
    [InlineData(10, Allow)]
    public void A_number_decides(uint number, uint expected) =>
        Assert.Equal(expected, Of(new(BpfCode.LoadData, 0, 0, 0), new(JumpIfEqual, 0, 1, number), Return(Error), Return(Allow)).Ask(SeccompCall.MapExecutable).Value);

    /// <summary>Memory that is writable and executable is forbidden: ours is not writable.</summary>
    [Theory]
    [InlineData(2 | 4, Allow)]
    [InlineData(1 | 4, Error)]
    public void An_argument_decides(uint rights, uint expected) => Assert.Equal(
        expected,
        Of(new(BpfCode.LoadData, 0, 0, 32), new(And, 0, 0, rights), new(JumpIfEqual, 0, 1, rights), Return(Error), Return(Allow)).Ask(SeccompCall.MapExecutable).Value);

    [Theory]
    [InlineData(8)] // where the call is made from
    [InlineData(16)] // the address
    [InlineData(28)] // the length's upper half
    public void Where_something_unknown_decides_the_strictest_answer_counts(uint offset)
    {
        Assert.Equal(Error, Of(new(BpfCode.LoadData, 0, 0, offset), new(JumpIfSet, 0, 1, 1), Return(Error), Return(Allow)).Ask(SeccompCall.MapExecutable).Value);
        Assert.Equal(Error, Of(new(BpfCode.LoadData, 0, 0, offset), new(JumpIfSet, 0, 1, 1), Return(Allow), Return(Error)).Ask(SeccompCall.MapExecutable).Value);
        Assert.Equal(Log, Of(new(BpfCode.LoadData, 0, 0, offset), new(JumpIfSet, 0, 1, 1), Return(Allow), Return(Log)).Ask(SeccompCall.MapExecutable).Value);
        Assert.Equal(offset == 8, Of(new(BpfCode.LoadData, 0, 0, offset), Return(Allow)).ReadsPlace);
    }

    [Fact]
    public void An_answer_that_is_not_known_is_none()
    {
        Assert.False(Of(new(BpfCode.LoadData, 0, 0, 16), new(BpfCode.ReturnAccumulator, 0, 0, 0)).Ask(SeccompCall.MapExecutable).IsAllowed);
        Assert.False(Of(Return(Allow), new(0xffff, 0, 0, 0)).Instructions.IsEmpty);
        Assert.False(Of(new BpfInstruction(0xffff, 0, 0, 0)).Ask(SeccompCall.MapExecutable).IsAllowed);
        Assert.False(Of(new BpfInstruction(BpfCode.Jump, 0, 0, 5), Return(Allow)).Ask(SeccompCall.MapExecutable).IsAllowed); // beyond its end
        Assert.False(Of([]).Ask(SeccompCall.MapExecutable).IsAllowed);
    }

    [Fact]
    public void Dividing_by_zero_ends_the_thread() =>
        Assert.Equal(0u, Of(new(BpfCode.LoadIndexConstant, 0, 0, 0), new(Divide, 0, 0, 0), Return(Allow)).Ask(SeccompCall.MapExecutable).Value);

    [Theory]
    [InlineData(Allow, Error, Error)]
    [InlineData(Error, Kill, Kill)]
    [InlineData(Kill, 0, Kill)]
    [InlineData(0x00030000, 0, 0)]
    [InlineData(Allow, Log, Log)]
    [InlineData(0x7fc00000, 0x7ff00000, 0x7fc00000)]
    public void Of_several_filters_the_strictest_answers(uint one, uint two, uint expected)
    {
        Assert.Equal(expected, SeccompFilter.Ask([Of(Return(one)), Of(Return(two))], Mmap).Value);
        Assert.Equal(expected, SeccompFilter.Ask([Of(Return(two)), Of(Return(one))], Mmap).Value);
        Assert.True(SeccompFilter.Ask([], Mmap).IsAllowed);
    }

    [Fact]
    public void A_filter_that_branches_without_end_is_given_up()
    {
        // Each comparison of something unknown doubles the ways.
        var ways = Enumerable.Range(0, 64).SelectMany(_ => (ImmutableArray<BpfInstruction>)[new(JumpIfSet, 0, 1, 1), new(BpfCode.Store, 0, 0, 0)]);
        Assert.Null(Of([new(BpfCode.LoadData, 0, 0, 16), .. ways, Return(Allow)]).Ask(SeccompCall.MapExecutable).Value);
    }

    /// <summary>Whatever the words are that are not known: the answer for a call with all words known is never stricter than the one for the call with some unknown.</summary>
    [Fact]
    public void Knowing_less_never_allows_more() => Seeded.Check(
        Gen.Select(RandomFilters.Program, Gen.ULong, Gen.ULong[0, 3], Gen.Int[0, 63]),
        20_000,
        sample =>
        {
            var (program, address, length, unknown) = sample;
            var filter = Of([.. program]);
            var call = Mmap with { Arguments = Mmap.Arguments.SetItem(0, address).SetItem(1, length) };
            var vague = call with { Arguments = [.. call.Arguments.Select((a, i) => (unknown & (1 << i)) != 0 ? null : a)] };
            Assert.False(filter.Ask(call).IsStricterThan(filter.Ask(vague)), $"{filter.Ask(call)} and {filter.Ask(vague)}");
        });

    [Fact]
    public void Its_bytes_are_read_as_written() => Seeded.Check(RandomFilters.Program, 200, program =>
        Assert.All(program, i => Assert.Equal(i, BpfInstruction.Decode(i.Encode()))));

    [Fact]
    public void Arithmetic_is_of_32_bits()
    {
        Assert.Equal(Allow, Of(
            new(BpfCode.LoadConstant, 0, 0, uint.MaxValue), new(Add, 0, 0, 2), new(BpfCode.MoveToIndex, 0, 0, 0), new(AddIndex, 0, 0, 0),
            new(ShiftLeft, 0, 0, 31), new(JumpIfEqual, 0, 1, 0), Return(Allow), Return(Kill)).Ask(Mmap).Value);
    }

    private static BpfInstruction Return(uint value) => new(BpfCode.ReturnConstant, 0, 0, value);

    private static SeccompFilter Of(params ImmutableArray<BpfInstruction> program) => new(program);
}
