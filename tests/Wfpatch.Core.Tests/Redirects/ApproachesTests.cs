// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Tests.X86;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects;

/// <summary>What may lead into the first bytes of a function, and what only looks like it.</summary>
public sealed class ApproachesTests
{
    private const string Plain = "31 c0 ff c0 8d 40 01 c3", Jumping = "31 c0 ff c0 8d 40 01 ff e0";
    private const int OtherOffset = 0x20;

    private static readonly Address Entry = new(0x5555_5000_0000), Data = new(0x5555_5010_0000);

    [Theory]
    [InlineData("e8 dd ff ff ff c3", true)] // call entry+2
    [InlineData("48 b8 e8 db ff ff ff 00 00 00 c3", false)] // the same within the operand of a mov
    [InlineData("74 e0 c3", true)] // je entry+2
    [InlineData("b8 74 df 00 00 c3", false)]
    public void Branches_of_other_functions(string other, bool leadsThere)
    {
        Assert.Equal(leadsThere, Find(Plain, other, []) is not null);
        // Where nothing tells where instructions begin, all of them count.
        Assert.NotNull(Find(Plain, other, [], described: false));
    }

    [Fact]
    public void Operands_count_where_a_function_does_not_decode_to_its_end() =>
        Assert.NotNull(Find(Plain, "48 b8 e8 db ff ff ff 00 00 00 06", [])); // 06: none in 64 bit code

    [Theory]
    [InlineData(2, true)]
    [InlineData(0, false)]
    [InlineData(7, false)]
    public void Words_of_data(int offset, bool leadsThere)
    {
        var data = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(8), (Entry + offset).Value);
        Assert.Equal(leadsThere ? Data + 8 : (Address?)null, Find(Plain, "c3", data));
    }

    /// <summary>lea rcx of the table; the table's second difference is the one that matters.</summary>
    [Theory]
    [InlineData(Jumping, 2, true)]
    [InlineData(Jumping, 7, false)]
    [InlineData(Plain, 2, false)] // it uses no table
    public void Differences_of_a_table(string function, int offset, bool leadsThere)
    {
        var data = new byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(data, (int)(Entry + OtherOffset - Data));
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(4), (int)(Entry + offset - Data));
        string lea = "48 8d 0d " + Displacement(Data - (Entry + OtherOffset + 7)) + " c3";
        Assert.Equal(leadsThere ? Data + 4 : (Address?)null, Find(function, lea, data));
    }

    [Theory]
    [InlineData(0, false)] // a pointer to the function
    [InlineData(2, true)]
    [InlineData(7, true)] // a label behind: arithmetic may lead from there
    public void Labels_that_other_code_names(int offset, bool leadsThere) =>
        Assert.Equal(leadsThere, Find(Jumping, "48 8d 0d " + Displacement(Entry + offset - (Entry + OtherOffset + 7)) + " c3", []) is not null);

    /// <summary>Its own entry, from which it may compute where it jumps to.</summary>
    [Theory]
    [InlineData("ff e1", true)]
    [InlineData("90 c3", false)]
    public void Its_own_entry(string end, bool leadsThere) =>
        Assert.Equal(leadsThere, Find("31 c0 ff c0 8d 40 01 48 8d 0d f2 ff ff ff " + end, "c3", []) is not null);

    [Theory]
    [InlineData("b8 02 00 40 00 c3", true)] // mov eax, entry+2
    [InlineData("48 b8 00 02 00 40 00 00 00 00 c3", false)]
    public void Absolute_operands_of_a_program_at_a_fixed_address(string other, bool leadsThere)
    {
        Address entry = new(0x40_0000);
        Assert.Equal(leadsThere, Find(Plain, other, [], entry: entry) is not null);
    }

    private static string Displacement(long value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)value);
        return CodeText.Hex(bytes);
    }

    private static Address? Find(string function, string other, byte[] data, bool described = true, Address? entry = null)
    {
        var at = entry ?? Entry;
        var (own, others) = (CodeText.Bytes(function), CodeText.Bytes(other));
        var code = new byte[OtherOffset + others.Length];
        own.CopyTo(code, 0);
        others.CopyTo(code, OtherOffset);
        var first = AddressRange.OfLength(at, own.Length);
        var second = AddressRange.OfLength(at + OtherOffset, others.Length);
        ImmutableArray<AddressRange> functions = described ? [first, second] : [first];
        return new Approaches(new([(at, code)], [(Data, data)], functions, IsPositionIndependent: entry is null)).Find(new AddressRange(at + 1, at + 7), first);
    }
}
