// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;

namespace Wfpatch.Core.Matching;

/// <summary>
/// Sequences that find a thread-local variable by a call, where the link editor knew more and wrote a shorter way in their place
/// ("ELF Handling For Thread-Local Storage", section 5; for descriptors x86-64 psABI, section "TLS descriptors"): by general dynamic
/// <c>lea; call</c> becomes <c>mov %fs:0, %rax; lea/add</c>; by local dynamic both become one <c>mov</c>; by descriptor <c>lea; call</c>
/// becomes <c>mov; nop</c>.
/// </summary>
internal sealed class ThreadSequences
{
    private Hole? _open;
    private int _callsGone;
    private bool _isProgram;

    /// <summary>Whether an old instruction has nothing that corresponds to it, since what came before it was relaxed.</summary>
    public bool IsGone(in OldInstruction old)
    {
        if (_callsGone == 0 || old.Decoded.Mnemonic != Mnemonic.Call)
        {
            return false;
        }
        _callsGone--;
        return true;
    }

    /// <summary>The second instruction of a sequence that is relaxed: what it says; null where it is none.</summary>
    public SolvedHole? TryFinish(in Instruction running)
    {
        if (_open is not { } hole)
        {
            return null;
        }
        _open = null;
        return RelaxedForms.OffsetAfterPointer(running) is var (isSlot, value) ? Relaxed(hole, isSlot, value) : null;
    }

    /// <summary>Whether the running instruction begins the relaxed form of what the old one begins.</summary>
    /// <param name="solved">What it says by itself.</param>
    public bool TryBegin(in OldInstruction old, Hole hole, in Instruction running, out SolvedHole? solved)
    {
        solved = null;
        switch (hole.Form)
        {
            case HoleForm.ThreadPair when RelaxedForms.IsThreadPointer(running):
                _open = hole;
                return true;
            case HoleForm.ThreadBase when RelaxedForms.IsThreadPointer(running):
                _callsGone++;
                _isProgram = true;
                return true;
            case HoleForm.ThreadDescriptor when RelaxedForms.OffsetOfDescriptor(old.Decoded, running) is var (isSlot, value):
                _callsGone++;
                solved = Relaxed(hole, isSlot, value);
                return true;
            default:
                return false;
        }
    }

    /// <summary>In a program, whose variables all have a fixed place, offsets in the module became offsets from the thread pointer.</summary>
    public SolvedHole Interpret(SolvedHole solved) =>
        _isProgram && solved.Hole.Form == HoleForm.ModuleOffset ? solved with { Hole = solved.Hole with { Form = HoleForm.ThreadOffset } } : solved;

    private SolvedHole Relaxed(Hole hole, bool isSlot, ulong value)
    {
        // Offsets as immediates are for programs alone; through a slot they may be a library's, too.
        _isProgram |= !isSlot;
        return new SolvedHole(hole with { Form = isSlot ? HoleForm.ThreadOffsetSlot : HoleForm.ThreadOffset }, isSlot, value);
    }
}
