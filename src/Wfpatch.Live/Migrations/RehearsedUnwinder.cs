// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Unwinding;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;
using StackFrame = Wfpatch.Core.Unwinding.StackFrame;

namespace Wfpatch.Live.Migrations;

/// <summary>
/// Unwinds stacks of threads that are stopped for it, with as much of the work as possible done before the stop. Allocates nothing after it was made.
/// </summary>
public sealed class RehearsedUnwinder(TargetMemory memory, Unwinder unwinder)
{
    private const int MostFrames = 2048;

    /// <summary>How much of a stack is looked through for return addresses before a stop, in pieces.</summary>
    private const int StackPiece = 16 * 1024, MostPieces = 16;

    private readonly StackFrame[] _frames = new StackFrame[MostFrames];
    private readonly RowCache _rows = new();
    private readonly byte[] _piece = new byte[StackPiece];
    private readonly StackRecording _recording = new();

    // Whose frames these are, while they are a rehearsal's; no frames: there is none.
    private (Address ProgramCounter, Address StackPointer, UnwindOutcome Outcome, int Count) _rehearsal;

    /// <summary>Of the last unwinding, the innermost first.</summary>
    public ReadOnlySpan<StackFrame> Frames => _frames;

    /// <summary>
    /// Finds the rows of the return addresses on a stack while its thread runs, so that they are at hand when it is stopped. What is read may
    /// be changing: it decides nothing. A stack that was never used so deep holds zeros there.
    /// </summary>
    /// <param name="top">Where the stack ends; zero: nothing is done.</param>
    public void Warm(Address top)
    {
        for (int piece = 1; top != Address.Zero && piece <= MostPieces; piece++)
        {
            if (!memory.TryRead(top - (piece * (long)StackPiece), _piece) || _piece.AsSpan().IndexOfAnyExcept((byte)0) < 0)
            {
                return;
            }
            unwinder.Warm(_piece, _rows);
        }
    }

    /// <summary>Unwinds the stack of a blocked thread from where it stands, without a stop, and keeps what that read.</summary>
    public void Rehearse(in ThreadActivity blocked)
    {
        var known = KnownRegisters(in blocked);
        _recording.Begin(memory);
        var outcome = unwinder.Unwind(in known, _recording, _frames, out int count, _rows);
        _rehearsal = outcome.IsComplete && _recording.IsWhole ? (blocked.InstructionPointer, blocked.StackPointer, outcome, count) : default;
    }

    /// <summary>
    /// Unwinds into <see cref="Frames"/>: anew, or as it was rehearsed. An unwinding is a function of the registers that it starts with and of what it reads; the rehearsal
    /// used two registers and read what was recorded. So where these are the same, so is the outcome, however deep the stack is.
    /// </summary>
    /// <param name="count">How many frames there are; 0 for a failure.</param>
    public UnwindOutcome Unwind(in RegisterSet registers, out int count)
    {
        if (_rehearsal.Count > 0 && registers.ProgramCounter == _rehearsal.ProgramCounter && registers.StackPointer == _rehearsal.StackPointer && _recording.IsStill(memory))
        {
            count = _rehearsal.Count;
            return _rehearsal.Outcome;
        }
        _rehearsal = default;
        return unwinder.Unwind(in registers, memory, _frames, out count, _rows);
    }

    // All others are no address: a frame that is found by one of them is not found, and the rehearsal fails.
    private static RegisterSet KnownRegisters(in ThreadActivity blocked)
    {
        const ulong NoAddress = 1UL << 63;
        RegisterSet set = default;
        for (int register = 0; register < RegisterSet.Count; register++)
        {
            set[(Register)register] = NoAddress;
        }
        set[Register.Rip] = blocked.InstructionPointer.Value;
        set[Register.Rsp] = blocked.StackPointer.Value;
        return set;
    }
}
