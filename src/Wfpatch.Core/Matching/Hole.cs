// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Matching;

/// <summary>What the link editor puts into a field, S being the symbol's value, A the addend and P the field's address
/// (x86-64 psABI, section 4.4).</summary>
internal enum HoleForm : byte
{
    /// <summary>The match cannot solve it.</summary>
    Unsupported = 0,

    /// <summary>S + A - P.</summary>
    Relative = 1,

    /// <summary>S + A.</summary>
    Absolute = 2,

    /// <summary>The distance to a slot that holds S; the link editor may have relaxed the instruction (psABI, appendix B).</summary>
    Slot = 3,

    /// <summary>The offset of a thread-local variable from the thread pointer, plus A.</summary>
    ThreadOffset = 4,

    /// <summary>The distance to a slot that holds such an offset; it may have been relaxed too.</summary>
    ThreadOffsetSlot = 5,

    /// <summary>The distance to a pair of module and offset, the argument of __tls_get_addr; relaxed, the sequence has the offset from the
    /// thread pointer.</summary>
    ThreadPair = 6,

    /// <summary>The distance to such a pair for the object's own module, with offset 0; it may have been relaxed too.</summary>
    ThreadBase = 7,

    /// <summary>The offset in the object's own module, plus A; where what gives the module's start was relaxed, the offset from the thread pointer.</summary>
    ModuleOffset = 8,

    /// <summary>The distance to a TLS descriptor; it may have been relaxed too.</summary>
    ThreadDescriptor = 9,

    /// <summary>S + A, counted from the object's table of addresses.</summary>
    FromTable = 10,

    /// <summary>The place of a slot that holds S, counted from that table, plus A.</summary>
    SlotFromTable = 11,
}

/// <summary>A field of old code that the link editor filled in.</summary>
/// <param name="Offset">Bytes from the function's start.</param>
/// <param name="Size">4 or 8 bytes.</param>
/// <param name="Symbol">Index in the patch's symbols, or -1 where the target does not matter.</param>
internal readonly record struct Hole(int Offset, int Size, HoleForm Form, bool IsSigned, RelocationType Type, int Symbol, long Addend)
{
    public int End => Offset + Size;

    /// <summary>The addend of a plain reference from the end of an instruction: the only one that link editors relax.</summary>
    public bool IsPlain => Addend == -4;

    /// <summary>Whether the link editor may have written another instruction in the place of the one with the hole.</summary>
    public bool MayBeRelaxed => Form is HoleForm.Slot or HoleForm.ThreadOffsetSlot or HoleForm.ThreadPair or HoleForm.ThreadBase or HoleForm.ThreadDescriptor;

    /// <summary>Whether the field is the distance to something that holds what is meant.</summary>
    public static bool IsThroughSlot(HoleForm form) =>
        form is HoleForm.Slot or HoleForm.ThreadOffsetSlot or HoleForm.ThreadPair or HoleForm.ThreadBase or HoleForm.ThreadDescriptor;

    public static (HoleForm Form, int Size, bool IsSigned) Describe(RelocationType type) => type switch
    {
        RelocationType.Pc32 or RelocationType.Plt32 => (HoleForm.Relative, 4, true),
        RelocationType.Pc64 or RelocationType.GotPc64 => (HoleForm.Relative, 8, true),
        RelocationType.GotPc32 => (HoleForm.Relative, 4, true),
        RelocationType.GotOff64 or RelocationType.PltOff64 => (HoleForm.FromTable, 8, true),
        RelocationType.Got64 or RelocationType.GotPlt64 => (HoleForm.SlotFromTable, 8, true),
        RelocationType.GotPcRel64 => (HoleForm.Slot, 8, true),
        RelocationType.Absolute32 => (HoleForm.Absolute, 4, false),
        RelocationType.Absolute32S => (HoleForm.Absolute, 4, true),
        RelocationType.Absolute64 => (HoleForm.Absolute, 8, false),
        RelocationType.GotPcRel or RelocationType.GotPcRelX or RelocationType.RexGotPcRelX => (HoleForm.Slot, 4, true),
        RelocationType.TpOff32 => (HoleForm.ThreadOffset, 4, true),
        RelocationType.GotTpOff => (HoleForm.ThreadOffsetSlot, 4, true),
        RelocationType.TlsGd => (HoleForm.ThreadPair, 4, true),
        RelocationType.TlsLd => (HoleForm.ThreadBase, 4, true),
        RelocationType.DtpOff32 => (HoleForm.ModuleOffset, 4, true),
        RelocationType.GotPc32TlsDesc => (HoleForm.ThreadDescriptor, 4, true),
        _ => (HoleForm.Unsupported, 0, false),
    };
}

/// <summary>What a hole says at one place: the symbol's value, or the address of the slot that holds it.</summary>
internal readonly record struct SolvedHole(Hole Hole, bool IsSlot, ulong Value);
