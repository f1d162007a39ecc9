// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Unwinding;
using Xunit;
using Stopwatch = System.Diagnostics.Stopwatch;

namespace Wfpatch.Core.Tests.Unwinding;

public sealed class UnwinderTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string[] Deep = ["snapshot", "third", "second", "first"];

    private readonly Toolchain _tools = new();

    public void Dispose() => _tools.Dispose();

    [Theory]
    [InlineData("main", "main", "_start")]
    [InlineData("signal", "handler", "interrupted", "main", "_start")]
    [InlineData("callback", "compare", "main", "_start")]
    [InlineData("thread", "thread")]
    [InlineData("thread-signal", "handler", "interrupted", "thread")]
    [InlineData("thread-signal-stack", "handler", "interrupted", "thread")]
    public void A_recorded_stack_is_unwound_to_its_end(string kind, params string[] below)
    {
        string[][] allOptions = [["-O2"], ["-O2", "-fomit-frame-pointer"], ["-O0"], ["-O1", "-fno-omit-frame-pointer", "-Wl,-z,lazy"]];
        foreach (string[] options in allOptions)
        {
            var snapshot = Take(kind, options);
            var (trace, failure) = snapshot.Program.Unwinder.Trace(snapshot.Registers, snapshot.Stack);

            Assert.True(failure is null, failure?.Description);
            Assert.Equal([.. Deep, .. below], snapshot.NamesOf(trace!));
            Assert.Equal(snapshot.Backtrace.Skip(1), trace!.Frames.Skip(1).Select(f => f.ProgramCounter));
            Assert.Equal(kind.Contains("signal", StringComparison.Ordinal), trace.Frames.Any(f => f.IsSignalFrame));
            CheckSlots(trace, snapshot.Stack);
        }
    }

    [Fact]
    public void A_context_that_makecontext_began_has_no_proven_end()
    {
        // Its outermost return address was never made by a call, and the C library's tables do not call it an end.
        var snapshot = Take("coroutine", "-O2");
        var (trace, failure) = snapshot.Program.Unwinder.Trace(snapshot.Registers, snapshot.Stack);

        Assert.Null(trace);
        Assert.Equal((UnwindFailureReason.NoEntry, 5), (failure!.Reason, failure.Depth));
    }

    [Fact]
    public void A_frame_that_a_signal_interrupted_is_looked_up_at_its_own_instruction()
    {
        var snapshot = Take("signal", "-O2");
        var (trace, _) = snapshot.Program.Unwinder.Trace(snapshot.Registers, snapshot.Stack);

        int signal = trace!.Frames.ToList().FindIndex(f => f.IsSignalFrame);
        Assert.Equal([true, .. Enumerable.Repeat(false, signal)], trace.Frames.Take(signal + 1).Select(f => f.IsExact));
        Assert.True(trace.Frames[signal + 1].IsExact);
        Assert.Equal(trace.Frames[signal + 1].ProgramCounter, trace.Frames[signal + 1].LookupAddress);
        Assert.Equal(trace.Frames[1].ProgramCounter - 1, trace.Frames[1].LookupAddress);
    }

    [Fact]
    public void Unwinding_allocates_nothing_and_takes_microseconds()
    {
        var snapshot = Take("signal", "-O2");
        var frames = new StackFrame[64];
        var unwinder = snapshot.Program.Unwinder;
        var outcome = unwinder.Unwind(snapshot.Registers, snapshot.Stack, frames, out int count);
        Assert.True(outcome.IsComplete);
        Assert.True(count >= 10);
        var times = new double[2000];
        // Until the compiler has made its best of it.
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalMilliseconds < 700;)
        {
            unwinder.Unwind(snapshot.Registers, snapshot.Stack, frames, out count);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            unwinder.Unwind(snapshot.Registers, snapshot.Stack, frames, out count);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Array.Sort(times);
        output.WriteLine($"{count} frames: {times[0]:F2} us at best, {times[times.Length / 2]:F2} us median, {times[times.Length * 99 / 100]:F2} us p99; {allocated} bytes allocated");
        Assert.Equal(0, allocated);
        // Unoptimised code on a machine of whatever load: an order of magnitude above what is expected.
        Assert.InRange(times[times.Length / 2], 0, 200);
    }

    [Fact]
    public void A_failing_unwinding_allocates_nothing_either()
    {
        var snapshot = Take("main", "-O2");
        var unwinder = new Unwinder(snapshot.Program.Tables.Where(t => !t.Name.StartsWith("libc", StringComparison.Ordinal)));
        var frames = new StackFrame[64];
        unwinder.Unwind(snapshot.Registers, snapshot.Stack, frames, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var outcome = unwinder.Unwind(snapshot.Registers, snapshot.Stack, frames, out int count);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(UnwindFailureReason.NoEntry, outcome.Reason);
        Assert.Equal(0, count);
    }

    [Fact]
    public void A_stack_with_no_room_for_all_its_frames_is_a_failure()
    {
        var snapshot = Take("main", "-O2");
        var outcome = snapshot.Program.Unwinder.Unwind(snapshot.Registers, snapshot.Stack, new StackFrame[3], out int count);

        Assert.Equal(UnwindFailureReason.TooManyFrames, outcome.Reason);
        Assert.Equal(0, count);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(4200, false)]
    public void A_deep_stack_is_unwound_up_to_a_limit(int frames, bool isWithin)
    {
        // A function of one word that calls itself, and was first called by one that has no caller.
        var handmade = new HandmadeFrames();
        handmade.Function(handmade.Common([0x0c, 7, 8, 0x90, 1]), 0x1000, 16, []);
        handmade.Function(handmade.Common([0x0c, 7, 8, 0x07, 16]), 0x2000, 16, []);
        ulong[] stack = [.. Enumerable.Repeat(0x1008UL, frames - 2), 0x2008UL];
        var memory = new SegmentedMemory([(new Address(0x10_0000), System.Runtime.InteropServices.MemoryMarshal.AsBytes<ulong>(stack).ToArray())]);
        var registers = default(RegisterSet);
        registers[Register.Rsp] = 0x10_0000;
        registers[Register.Rip] = 0x1000;
        var (trace, failure) = new Unwinder([handmade.Read().Table!]).Trace(in registers, memory);

        Assert.Equal(isWithin ? frames : null, trace?.Frames.Length);
        Assert.Equal(isWithin ? null : UnwindFailureReason.TooManyFrames, failure?.Reason);
    }

    [Fact]
    public void A_stack_that_ends_unreadable_is_a_failure()
    {
        var snapshot = Take("main", "-O2");
        var stack = snapshot.Registers.StackPointer;
        var cut = new SegmentedMemory([(stack, snapshot.Stack.Read(stack, 200)!)]);
        var (trace, failure) = snapshot.Program.Unwinder.Trace(snapshot.Registers, cut);

        Assert.Null(trace);
        Assert.Equal(UnwindFailureReason.UnreadableMemory, failure!.Reason);
        Assert.Contains("the stack cannot be read at 0x", failure.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_damaged_return_address_is_a_failure_and_never_a_shorter_trace()
    {
        var snapshot = Take("signal", "-O2");
        var (whole, _) = snapshot.Program.Unwinder.Trace(snapshot.Registers, snapshot.Stack);
        foreach (var frame in whole!.Frames.SkipLast(1))
        {
            var damaged = new OverlayMemory(snapshot.Stack);
            damaged.Write(frame.ReturnAddressSlot, new byte[8]);
            var (trace, failure) = snapshot.Program.Unwinder.Trace(snapshot.Registers, damaged);

            Assert.Null(trace);
            Assert.Equal(UnwindFailureReason.NoEntry, failure!.Reason);
        }
    }

    [Fact]
    public void Code_without_a_table_is_unwound_as_the_place_that_it_stands_for()
    {
        // A thread in a trampoline of third(): before and behind the relocated first instruction, "push %rbp".
        var snapshot = Take("main", "-O0");
        var (trace, _) = snapshot.Program.Unwinder.Trace(snapshot.Registers, snapshot.Stack);
        var third = snapshot.Symbols.Single(s => s.Name == "third").Range;
        int caller = trace!.Frames.ToList().FindIndex(f => f.ProgramCounter == snapshot.Backtrace[2]);
        var trampoline = new Address(0x10_0000);
        var aliases = new[]
        {
            new CodeAlias(new AddressRange(trampoline, trampoline + 32), third.Start),
            new CodeAlias(new AddressRange(trampoline + 32, trampoline + 48), third.Start + 1),
        };
        var unwinder = new Unwinder(snapshot.Program.Tables, aliases);
        var registers = snapshot.Registers;
        registers[Register.Rbp] = StoredFramePointer(snapshot, trace.Frames[caller - 1]);
        foreach (var (offset, pushed) in new[] { (0, 0), (31, 0), (32, 8), (47, 8) })
        {
            registers[Register.Rip] = (trampoline + offset).Value;
            registers[Register.Rsp] = (trace.Frames[caller - 1].ReturnAddressSlot - pushed).Value;
            var (inTrampoline, failure) = unwinder.Trace(registers, snapshot.Stack);

            Assert.True(failure is null, failure?.Description);
            Assert.Equal(trampoline + offset, inTrampoline!.Frames[0].ProgramCounter);
            Assert.Equal(trace.Frames.Skip(caller), inTrampoline.Frames.Skip(1));
        }
        registers[Register.Rip] = (trampoline + 48).Value;
        Assert.Equal(UnwindFailureReason.NoEntry, unwinder.Trace(registers, snapshot.Stack).Failure!.Reason);
    }

    /// <summary>A thread at the entry of third() that a short jump has brought into the middle of it, where the unwind table has the row of its body.</summary>
    [Fact]
    public void Between_two_jumps_the_stack_is_as_at_the_entry()
    {
        var snapshot = Take("main", "-O0");
        var (trace, _) = snapshot.Program.Unwinder.Trace(snapshot.Registers, snapshot.Stack);
        var third = snapshot.Symbols.Single(s => s.Name == "third").Range;
        int caller = trace!.Frames.ToList().FindIndex(f => f.ProgramCounter == snapshot.Backtrace[2]);
        var between = third.Start + 8;
        var registers = snapshot.Registers;
        registers[Register.Rip] = between.Value;
        registers[Register.Rsp] = trace.Frames[caller - 1].ReturnAddressSlot.Value;
        registers[Register.Rbp] = StoredFramePointer(snapshot, trace.Frames[caller - 1]);
        var unwinder = new Unwinder(snapshot.Program.Tables, [new CodeAlias(AddressRange.OfLength(between, 1), third.Start)]);
        Assert.Equal(trace.Frames.Skip(caller), unwinder.Trace(registers, snapshot.Stack).Trace!.Frames.Skip(1));
        Assert.NotEqual(trace.Frames.Skip(caller), snapshot.Program.Unwinder.Trace(registers, snapshot.Stack).Trace?.Frames.Skip(1) ?? []);
    }

    [Fact]
    public void A_trace_tells_which_functions_it_touches()
    {
        var snapshot = Take("main", "-O2");
        var (trace, _) = snapshot.Program.Unwinder.Trace(snapshot.Registers, snapshot.Stack);

        Assert.True(trace!.Touches(snapshot.Symbols.Single(s => s.Name == "second").Range));
        Assert.False(trace.Touches(snapshot.Symbols.Single(s => s.Name == "coroutine").Range));
    }

    private StackSnapshot Take(string kind, params string[] options) =>
        StackSnapshot.Take(_tools.CompileFile("snapshots", "snapshots.c", [.. options, "-fno-ipa-cp", "-pthread"]), kind);

    // In a function that begins with "push %rbp; mov %rsp,%rbp" the caller's frame pointer lies below the return address.
    private static ulong StoredFramePointer(StackSnapshot snapshot, StackFrame frame)
    {
        Assert.True(snapshot.Stack.TryReadUInt64(frame.ReturnAddressSlot - 8, out ulong value));
        return value;
    }

    private static void CheckSlots(StackTrace trace, IMemory stack)
    {
        foreach (var (frame, caller) in trace.Frames.Zip(trace.Frames.Skip(1)))
        {
            Assert.True(stack.TryReadUInt64(frame.ReturnAddressSlot, out ulong stored));
            Assert.Equal(caller.ProgramCounter.Value, stored);
        }
        Assert.Equal(Address.Zero, trace.Frames[^1].ReturnAddressSlot);
    }
}
