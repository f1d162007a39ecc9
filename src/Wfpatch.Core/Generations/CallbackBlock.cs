// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects.Trampolines;

namespace Wfpatch.Core.Generations;

/// <summary>How far a request for callbacks has come.</summary>
public enum CallProgress
{
    /// <summary>The block was never asked by this number.</summary>
    NotAsked,

    /// <summary>No thread has taken it.</summary>
    Asked,

    /// <summary>A thread is in it.</summary>
    Running,
    Done,

    /// <summary>It was taken back, and no thread has run it or will.</summary>
    Withdrawn,
}

/// <param name="Result">What the callback that said no returned; 0: none did.</param>
/// <param name="Runner">The control block of the thread that took it.</param>
public readonly record struct CallStatus(CallProgress Progress, uint Result, Address Runner);

/// <summary>
/// The variable of a patch by which its callbacks are asked for, and by which one thread takes them (CallbackArea, which writes it too):
/// <code>
///  +0   word       number * 4 + 0 closed, 1 asked, 2 running, 3 done
///  +8   withdrawn  the number of a request that was taken back
/// +16   result     what the callback returned that said no
/// +20   may refuse whether a callback that does not return 0 ends the row
/// +24   runner     %fs:0x10 of the thread that took it
/// +32   functions  ended by a zero
/// </code>
/// A number is used once: a thread that was halted before it took a request takes the next one or none. The word is written last.
/// To take a request back its number is written to +8, then the word is read. A thread takes the request with a locked instruction and then reads +8.
/// (The kernel's access to another process's memory takes locks between the two.) So it sees the number, or we see that it runs.
/// </summary>
public static class CallbackBlock
{
    public const int Length = 128;

    /// <summary>A line of the cache to itself.</summary>
    public const int Alignment = 64;

    /// <summary>Of one kind.</summary>
    public const int MostFunctions = 10;

    internal const byte WithdrawnOffset = 8, ResultOffset = 16, MayRefuseOffset = 20, RunnerOffset = 24, FunctionsOffset = 32;

    private const uint Closed = 0, Asked = 1, Running = 2, StateMask = 3;
    private const int NumberShift = 2;

    /// <summary>The block of the open transition.</summary>
    public static Address Of(TargetState state) => state.Images[state.Transition!.CallingImage(state)].CallbackBlock;

    /// <summary>A number that the block was never asked by. (It can always be read while there is a process.)</summary>
    public static uint NextNumber(IMemory memory, Address block) => (WordOf(memory, block) >> NumberShift) + 1;

    /// <summary>All but the word, then the word: threads may take it from there on. To be written once for a number.</summary>
    public static IEnumerable<CodeWrite> Ask(Address block, uint number, ImmutableArray<Address> functions, bool mayRefuse)
    {
        // Not the number that was withdrawn: a thread that was halted before it takes that request must still find it.
        var bytes = new byte[Length - ResultOffset];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(MayRefuseOffset - ResultOffset), mayRefuse ? 1u : 0);
        foreach (var (i, function) in functions.Index())
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(FunctionsOffset - ResultOffset + (i * 8)), function.Value);
        }
        yield return new CodeWrite(block + ResultOffset, bytes);
        yield return Word(block, (number << NumberShift) | Asked);
    }

    /// <summary>Takes a request back. Whether that was in time says <see cref="Read"/>, afterwards.</summary>
    public static CodeWrite Withdraw(Address block, uint number) => Word(block + WithdrawnOffset, number);

    public static CallStatus Read(IMemory memory, Address block, uint number)
    {
        uint word = WordOf(memory, block);
        if (word >> NumberShift != number)
        {
            return new CallStatus(CallProgress.NotAsked, 0, Address.Zero);
        }
        memory.TryReadUInt32(block + WithdrawnOffset, out uint withdrawn);
        memory.TryReadUInt32(block + ResultOffset, out uint result);
        memory.TryReadUInt64(block + RunnerOffset, out ulong runner);
        var progress = (word & StateMask) switch
        {
            Closed => CallProgress.Withdrawn,
            Asked => withdrawn == number ? CallProgress.Withdrawn : CallProgress.Asked,
            Running => CallProgress.Running,
            _ => CallProgress.Done,
        };
        return new CallStatus(progress, result, new Address(runner));
    }

    private static uint WordOf(IMemory memory, Address block) => memory.TryReadUInt32(block, out uint word) ? word : 0;

    private static CodeWrite Word(Address at, uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return new CodeWrite(at, bytes);
    }
}
