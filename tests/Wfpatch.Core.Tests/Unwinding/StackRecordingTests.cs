// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Unwinding;
using Xunit;

namespace Wfpatch.Core.Tests.Unwinding;

/// <summary>An unwinding that was recorded is the one that would be made now as long as no byte that it read has changed, and not longer.</summary>
public sealed class StackRecordingTests : IDisposable
{
    private readonly Toolchain _tools = new();

    public void Dispose() => _tools.Dispose();

    [Fact]
    public void A_recorded_unwinding_holds_until_a_byte_that_it_read_changes()
    {
        var snapshot = StackSnapshot.Take(_tools.CompileFile("snapshots", "snapshots.c", "-O2", "-fno-ipa-cp", "-pthread"), "thread");
        var frames = new StackFrame[64];
        var outcome = snapshot.Program.Unwinder.Unwind(snapshot.Registers, snapshot.Stack, frames, out int count);
        Assert.True(outcome.IsComplete);
        var changing = new ChangingMemory(snapshot.Stack);
        var recording = new StackRecording();
        recording.Begin(changing);
        var recorded = snapshot.Program.Unwinder.Unwind(snapshot.Registers, recording, new StackFrame[64], out int recordedCount);
        Assert.Equal((outcome, count), (recorded, recordedCount));
        Assert.True(recording.IsWhole);
        Assert.True(recording.IsStill(changing));
        foreach (var frame in frames.AsSpan(0, count - 1))
        {
            changing.Changed = frame.ReturnAddressSlot;
            Assert.False(recording.IsStill(changing));
            changing.Changed = Address.Zero;
            Assert.True(recording.IsStill(changing));
        }
    }

    [Fact]
    public void Pieces_that_overlap_become_one_and_those_that_disagree_none()
    {
        var memory = new ChangingMemory(new Numbered());
        var recording = new StackRecording();
        recording.Begin(memory);
        byte[] piece = new byte[4096];
        for (int i = 0; i < 10; i++)
        {
            Assert.True(recording.TryRead(new Address(0x10000ul + (ulong)(i * 4000)), piece));
        }
        Assert.True(recording.TryRead(new Address(0x90000), piece));
        Assert.True(recording.IsWhole);
        int reads = memory.Reads;
        Assert.True(recording.IsStill(memory));
        Assert.Equal(2, memory.Reads - reads);
        memory.Changed = new Address(0x90000 + 4095);
        Assert.False(recording.IsStill(memory));
        Assert.True(recording.TryRead(new Address(0x90000 + 4000), piece));
        Assert.False(recording.IsWhole);
        Assert.False(recording.IsStill(memory));
    }

    [Fact]
    public void What_is_too_large_is_not_whole()
    {
        var recording = new StackRecording();
        recording.Begin(new Numbered());
        byte[] piece = new byte[4096];
        for (int i = 0; i < 100 && recording.IsWhole; i++)
        {
            Assert.True(recording.TryRead(new Address(0x10000ul + (ulong)(i * 4096)), piece));
        }
        Assert.False(recording.IsWhole);
        Assert.False(recording.IsStill(new Numbered()));
        recording.Begin(new Numbered());
        Assert.True(recording.TryRead(new Address(0x10000), piece));
        Assert.True(recording.IsStill(new Numbered()));
    }

    private sealed class Numbered : IMemory
    {
        public bool TryRead(Address address, Span<byte> destination)
        {
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = (byte)((address.Value + (ulong)i) * 7 >> 3);
            }
            return true;
        }
    }

    /// <summary>One byte of it can be another.</summary>
    private sealed class ChangingMemory(IMemory memory) : IMemory
    {
        public Address Changed { get; set; }

        public int Reads { get; private set; }

        public bool TryRead(Address address, Span<byte> destination)
        {
            Reads++;
            bool isRead = memory.TryRead(address, destination);
            if (isRead && Changed >= address && Changed < address + destination.Length)
            {
                destination[(int)(Changed - address)] ^= 1;
            }
            return isRead;
        }
    }
}
