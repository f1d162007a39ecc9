// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Migrations;

/// <summary>Backend dispatch: a word of each thread's control block, which its trampolines ask (<see cref="ThreadWord"/>).</summary>
public sealed class ThreadWords(TargetMemory memory) : IThreadGenerations
{
    public void Read(ReadOnlySpan<ThreadRecord> threads, Span<uint> generations)
    {
        var addresses = new Address[threads.Length];
        for (int i = 0; i < threads.Length; i++)
        {
            // At the word of a control block that is not known nothing can be read.
            addresses[i] = threads[i].ControlBlock == Address.Zero ? Address.Zero : threads[i].ControlBlock + ThreadWord.Offset;
        }
        memory.ReadWords(addresses, generations, absent: IThreadGenerations.Unknown);
    }

    public uint Read(int thread, Address controlBlock) =>
        controlBlock != Address.Zero && memory.TryReadUInt32(controlBlock + ThreadWord.Offset, out uint word) ? word : IThreadGenerations.Unknown;

    public VisitResult? Store(int thread, in UserRegisters registers, uint generation) =>
        Store(in registers, ThreadWord.Offset, generation) ? null : VisitResult.NoControlBlock;

    public bool IsElsewhere(int thread, in UserRegisters registers, uint generation) =>
        memory.TryReadUInt32(new Address(registers.FsBase) + ThreadWord.Offset, out uint word) && word != generation;

    /// <summary>Stores a word of a stopped thread's control block; false where it has none.</summary>
    public bool Store(in UserRegisters registers, int offset, uint value)
    {
        var block = new Address(registers.FsBase);
        if (!memory.TryReadUInt64(block, out ulong self) || self != registers.FsBase)
        {
            return false;
        }
        Span<byte> word = stackalloc byte[ThreadWord.Size];
        BinaryPrimitives.WriteUInt32LittleEndian(word, value);
        return memory.TryWrite(block + offset, word) == Errno.Success;
    }
}
