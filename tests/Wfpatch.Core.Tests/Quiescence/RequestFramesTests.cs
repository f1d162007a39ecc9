// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Unwinding;
using Xunit;

namespace Wfpatch.Core.Tests.Quiescence;

public sealed class RequestFramesTests
{
    private const ulong Libc = 0x9000, Loop = 0x1100, Step = 0x1200, Start = 0x1300;

    private static readonly RequestFrames Frames = new([Range(Loop)], [AddressRange.OfLength(new Address(0x1000), 0x1000)]);

    [Theory]
    [InlineData(-1, Libc, Loop, Start, Libc)] // between two requests
    [InlineData(2, Libc, Step, Loop, Libc)] // in one
    [InlineData(3, Libc, Step, Libc, Loop)] // called back by a library
    [InlineData(-1, Libc, Libc, Loop, Start)]
    [InlineData(-1, Libc, Step, Start, Libc)] // no loop at all
    [InlineData(-1, Loop)]
    [InlineData(-1)]
    public void A_function_of_the_program_above_the_loop_is_a_request(int expected, params ulong[] stack) =>
        Assert.Equal(expected, Frames.FindLoop([.. stack.Select((at, i) => new StackFrame(new Address(at + 8), default, default, i == 0, IsSignalFrame: false))]));

    [Fact]
    public void Looking_allocates_nothing()
    {
        StackFrame[] stack = [new(new Address(Step + 1), default, default, true, false), new(new Address(Loop + 1), default, default, false, false)];
        Assert.Equal(1, Frames.FindLoop(stack));
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = Frames.FindLoop(stack);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static AddressRange Range(ulong start) => AddressRange.OfLength(new Address(start), 0x100);
}
