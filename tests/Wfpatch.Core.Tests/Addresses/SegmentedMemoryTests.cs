// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Xunit;

namespace Wfpatch.Core.Tests.Addresses;

public sealed class SegmentedMemoryTests
{
    [Theory]
    [InlineData(0x1fffUL)]
    [InlineData(0x3000UL)]
    [InlineData(0x7fffffffffffffffUL)]
    [InlineData(0x8000000000000000UL)]
    [InlineData(0xfffffffffffff000UL)]
    [InlineData(ulong.MaxValue)]
    public void No_address_throws(ulong address)
    {
        var memory = new SegmentedMemory([(new Address(0x2000), new byte[0x1000])]);
        Assert.False(memory.TryRead(new Address(address), new byte[8]));
    }
}
