// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>
/// The word in a thread's control block that lets it make its call again by itself, should the controller be killed while it
/// keeps the thread stopped (<see cref="CallGuardTrampoline"/>). The default, and one of a thread whose control block is not known,
/// does nothing.
/// </summary>
/// <param name="Memory">The target's.</param>
/// <param name="ControlBlock">The thread's, or zero.</param>
public readonly record struct CallPermit(TargetMemory? Memory, Address ControlBlock)
{
    private static readonly TimeSpan PatienceForLeftOver = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether the thread has it, from us or from a controller that was killed.</summary>
    public bool IsGiven => Memory is not null && ControlBlock != Address.Zero && Memory.TryReadUInt32(Word, out uint word) && word != 0;

    private Address Word => ControlBlock + ThreadWord.PermitOffset;

    /// <summary>Whether the control block is the thread's own. Asked just before the permit is given: a thread that has ended has none.</summary>
    public bool IsStillOf(ILinux linux, int thread) =>
        Memory is not null && ThreadControlBlock.Find(linux, Memory, thread) == ControlBlock;

    /// <summary>A controller that was killed just before a visit, or in it, leaves the permit behind.</summary>
    public void ClearLeftOver(Target target, int thread)
    {
        if (IsGiven)
        {
            // One that sleeps in a call has made it again, or was in another call.
            AwaitUse(target.Linux, PatienceForLeftOver, () => target.Proc.ReadActivity(thread) is null or { IsBlocked: true });
            TakeBack();
        }
    }

    /// <summary>Waits until the thread, which runs, has used it. One that was let go may not have had a processor yet, and needs both the permit and the guard until
    /// then. One that is in no guarded call keeps it.</summary>
    /// <param name="isNeedless">Asked again and again: it need not be waited for any more.</param>
    public void AwaitUse(ILinux linux, TimeSpan limit, Func<bool>? isNeedless = null)
    {
        const int Pause = 50; // microseconds
        for (long start = Stopwatch.GetTimestamp(); IsGiven && Stopwatch.GetElapsedTime(start) < limit && isNeedless?.Invoke() != true;)
        {
            linux.Pause(Pause);
        }
    }

    public void Give() => Write(1);

    public void TakeBack() => Write(0);

    private void Write(uint value)
    {
        if (Memory is not null && ControlBlock != Address.Zero)
        {
            Span<byte> word = stackalloc byte[ThreadWord.Size];
            BinaryPrimitives.WriteUInt32LittleEndian(word, value);
            _ = Memory.TryWrite(Word, word);
        }
    }
}
