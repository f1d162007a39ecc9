// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Core.Tests.Unwinding;

/// <summary>The state of a program before one instruction.</summary>
/// <param name="AfterSignal">True where the kernel delivered a signal since the step before: this is a handler's first instruction.</param>
internal sealed record Step(RegisterSet Registers, bool AfterSignal, SegmentedMemory Stack);

/// <summary>Runs a program under Programs/stepper.c and hands on what that writes, step by step.</summary>
internal static class StepRecording
{
    public static void Run(string stepper, string program, Action<LoadedProgram> onStart, Action<Step> onStep)
    {
        using var process = Process.Start(new ProcessStartInfo(stepper, [program]) { RedirectStandardOutput = true })!;
        try
        {
            using var reader = new BinaryReader(new BufferedStream(process.StandardOutput.BaseStream, 1 << 20));
            string maps = System.Text.Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32()));
            var vdso = ReadBlock(reader);
            onStart(LoadedProgram.FromMaps(maps, vdso.Start, vdso.Bytes));
            for (int kind = reader.ReadInt32(); kind != 2; kind = reader.ReadInt32())
            {
                var registers = ReadRegisters(reader);
                onStep(new Step(registers, kind == 1, new SegmentedMemory([ReadBlock(reader), ReadBlock(reader)])));
            }
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    private static RegisterSet ReadRegisters(BinaryReader reader)
    {
        var registers = default(RegisterSet);
        Span<byte> bytes = stackalloc byte[8 * RegisterSet.Count];
        reader.BaseStream.ReadExactly(bytes);
        for (int i = 0; i < RegisterSet.Count; i++)
        {
            registers[(Register)i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(8 * i)..]);
        }
        return registers;
    }

    private static (Address Start, ReadOnlyMemory<byte> Bytes) ReadBlock(BinaryReader reader)
    {
        var start = new Address(reader.ReadUInt64());
        return (start, reader.ReadBytes(reader.ReadInt32()));
    }
}
