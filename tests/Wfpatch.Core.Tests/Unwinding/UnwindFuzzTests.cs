// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Tests.Elf;
using Wfpatch.Core.Unwinding;
using Xunit;

namespace Wfpatch.Core.Tests.Unwinding;

public sealed class UnwindFuzzTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string[] Tables = [".eh_frame_hdr", ".eh_frame"];

    private readonly Toolchain _tools = new();

    public void Dispose() => _tools.Dispose();

    [Fact]
    public void A_damaged_table_is_refused_or_gives_rows_or_reasons()
    {
        byte[] original = File.ReadAllBytes(_tools.CompileFile("program", "steps.c", "-O2"));
        var file = ElfFile.Parse(original, "program").File!;
        var (image, whole, _) = ElfImage.ReadFile(original, "program");
        (int, int)[] hot = [.. Tables.Select(name => file.FindSection(name)!).Select(s => ((int)s.Address.Value, (int)s.Size))];
        byte[] loaded = LayOut(image!, whole!);
        long rows = 0, traces = 0;
        var (runs, refused) = Fuzzing.Run(loaded, hot, (bytes, random) =>
        {
            var memory = new SegmentedMemory([(Address.Zero, bytes)]);
            var (table, refusal) = UnwindTable.Read(image!, memory);
            Assert.True(table is null != refusal is null);
            if (table is null)
            {
                return true;
            }
            rows += table.Functions.Length;
            traces += UseAll(table, memory, random);
            return false;
        });
        output.WriteLine($"{runs} damaged tables, {refused} refused, {rows} functions, {traces} complete traces");
        Assert.InRange(refused, 1, runs - 1);
    }

    [Fact]
    public void A_bare_section_of_noise_is_refused_or_gives_rows_or_reasons()
    {
        byte[] original = File.ReadAllBytes(_tools.CompileFile("program", "steps.cc", "-O2"));
        var section = ElfFile.Parse(original, "program").File!.FindSection(".eh_frame")!;
        var (runs, refused) = Fuzzing.Run(section.Bytes.ToArray(), [], (bytes, random) =>
        {
            var memory = new SegmentedMemory([(section.Address, bytes)]);
            var (table, refusal) = UnwindTable.ReadSection(memory, AddressRange.OfLength(section.Address, bytes.Length), "bare");
            Assert.True(table is null != refusal is null);
            if (table is not null)
            {
                UseAll(table, memory, random);
            }
            return table is null;
        });
        output.WriteLine($"{runs} damaged sections, {refused} refused");
        Assert.InRange(refused, 1, runs - 1);
    }

    [Fact]
    public void A_damaged_stack_gives_a_trace_or_a_reason()
    {
        var snapshot = StackSnapshot.Take(_tools.CompileFile("snapshots", "snapshots.c", "-O2", "-pthread"), "thread-signal");
        var start = snapshot.Registers.StackPointer;
        var slots = snapshot.Program.Unwinder.Trace(snapshot.Registers, snapshot.Stack).Trace!.Frames.SkipLast(1).Select(f => (int)(f.ReturnAddressSlot - start)).ToList();
        byte[] original = snapshot.Stack.Read(start, slots.Max() + 256)!;
        var frames = new StackFrame[256];
        var seen = new Dictionary<UnwindFailureReason, int>();
        var (runs, failed) = Fuzzing.Run(original, [.. slots.Select(s => (s, 8)), (0, original.Length)], (bytes, random) =>
        {
            var memory = new SegmentedMemory([(start, bytes)]);
            var registers = snapshot.Registers;
            if (random.Next(3) == 0)
            {
                registers[(Register)random.Next(RegisterSet.Count)] = (ulong)random.NextInt64() >> random.Next(64);
            }
            var outcome = snapshot.Program.Unwinder.Unwind(in registers, memory, frames, out int count);
            Assert.Equal(outcome.IsComplete, count > 0);
            seen[outcome.Reason] = seen.GetValueOrDefault(outcome.Reason) + 1;
            return !outcome.IsComplete;
        });
        output.WriteLine($"{runs} damaged stacks: {string.Join(", ", seen)}");
        Assert.InRange(failed, 1, runs - 1);
    }

    private static long UseAll(UnwindTable table, IMemory memory, Random random)
    {
        var unwinder = new Unwinder([table]);
        Span<StackFrame> frames = stackalloc StackFrame[16];
        long complete = 0;
        foreach (var function in table.Functions)
        {
            var pc = function.Start + (long)(random.NextInt64() % (long)Math.Min(function.Length, int.MaxValue));
            table.FindRow(pc, out _);
            var registers = default(RegisterSet);
            for (int i = 0; i < RegisterSet.Count; i++)
            {
                registers[(Register)i] = (ulong)random.Next(0x5000);
            }
            registers[Register.Rip] = pc.Value;
            complete += unwinder.Unwind(in registers, memory, frames, out _).IsComplete ? 1 : 0;
        }
        return complete;
    }

    private static byte[] LayOut(ElfImage image, IMemory memory)
    {
        byte[] bytes = new byte[image.Segments.Max(s => s.Address.Value + s.FileSize)];
        foreach (var segment in image.Segments)
        {
            Assert.True(memory.TryRead(segment.Address, bytes.AsSpan((int)segment.Address.Value, (int)segment.FileSize)));
        }
        return bytes;
    }
}
