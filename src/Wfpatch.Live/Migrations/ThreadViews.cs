// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Migrations;

/// <summary>Backend aspace: the kernel knows in which view a thread is, and lets it go over.</summary>
/// <param name="now">The state as it is now: which of our generations a view is.</param>
public sealed class ThreadViews(ILinux linux, Func<TargetState> now) : IThreadGenerations
{
    /// <summary>A result between which and -1 the kernel takes it for that of a call that is to be made again (ERESTARTSYS to ERESTART_RESTARTBLOCK, linux/errno.h).</summary>
    private const long FirstRestart = -516, LastRestart = -512;

    /// <summary>A thread that was waited for has left its processor, or does so at this moment.</summary>
    private const int MostTries = 50, PauseInMicroseconds = 20;

    /// <summary>Some call that a thread may be in (getppid).</summary>
    private const ulong AnyCall = 110;

    public void Read(ReadOnlySpan<ThreadRecord> threads, Span<uint> generations)
    {
        for (int i = 0; i < threads.Length; i++)
        {
            generations[i] = Read(threads[i].Id, default);
        }
    }

    public uint Read(int thread, Address controlBlock) =>
        linux.QueryView(thread, out int view) == Errno.Success ? GenerationOf(view) : IThreadGenerations.Unknown;

    public VisitResult? Store(int thread, in UserRegisters registers, uint generation)
    {
        int error = Move(thread, ViewOf(generation));
        if (error == Errno.Busy && registers.OrigRax == ulong.MaxValue && MayLookAsInCall(in registers))
        {
            error = MoveOutsideOfCall(thread, in registers, ViewOf(generation));
        }
        return error switch
        {
            Errno.Success => null,
            Errno.NoSuchProcess => VisitResult.Ended,
            _ => VisitResult.NotNow,
        };
    }

    /// <summary>Whether a thread that is stopped outside of system calls can be made to look as if it were in one: its result must not be one that asks for another try.</summary>
    internal static bool MayLookAsInCall(in UserRegisters registers) => (long)registers.Rax is not (>= FirstRestart and <= LastRestart);

    /// <summary>It looks so by this.</summary>
    internal static UserRegisters AsInCall(in UserRegisters registers) => registers with { OrigRax = AnyCall };

    // Who asks here has no control block to look into.
    public bool IsElsewhere(int thread, in UserRegisters registers, uint generation) => false;

    /// <summary>
    /// The kernel refuses a thread that is stopped between two instructions of its own, as it cannot know whether new code may follow there. We do: its
    /// stack was unwound. So it is told by the register that names a call; nothing else looks at it unless the result is one that asks for
    /// another try, which was looked at before. If we are killed in between, the thread runs on as if it came back from that call, with all registers as they were.
    /// </summary>
    private int MoveOutsideOfCall(int thread, in UserRegisters registers, int view)
    {
        var inCall = AsInCall(in registers);
        int error = linux.SetRegisters(thread, in inCall);
        if (error != Errno.Success)
        {
            return error;
        }
        error = Move(thread, view);
        int restored = linux.SetRegisters(thread, in registers);
        return error != Errno.Success ? error : restored;
    }

    private int Move(int thread, int view)
    {
        int error = linux.MoveToView(thread, view);
        for (int i = 0; error == Errno.TryAgain && i < MostTries; i++)
        {
            linux.Pause(PauseInMicroseconds);
            error = linux.MoveToView(thread, view);
        }
        return error;
    }

    /// <summary>A reversed transition leads back to the view of before, and its own view is the one that is left.</summary>
    private uint GenerationOf(int view)
    {
        var state = now();
        return state.Transition switch
        {
            { } open when view == open.View => open.Generation,
            { ReversedTo: not 0 } open when view == state.View => open.ReversedTo,
            _ when view == state.View => state.Generation,
            _ => IThreadGenerations.Unknown,
        };
    }

    private int ViewOf(uint generation)
    {
        var state = now();
        return state.Transition is { } open && generation == open.Generation ? open.View : state.View;
    }
}
