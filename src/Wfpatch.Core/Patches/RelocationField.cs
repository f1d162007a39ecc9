// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Patches;

/// <summary>The fields of the relocations that a patch may hold (x86-64 psABI, table 4.9).</summary>
public static class RelocationField
{
    /// <summary>Bytes of the field; null for a type that no patch holds, because no linker of ours would know what to do with it.</summary>
    public static int? WidthOf(RelocationType type) => type switch
    {
        RelocationType.Absolute64 or RelocationType.Pc64 => 8,
        RelocationType.Got64 or RelocationType.GotPcRel64 or RelocationType.GotPc64 or RelocationType.GotPlt64 or RelocationType.GotOff64 or RelocationType.PltOff64 => 8,
        RelocationType.GotPc32 => 4,
        RelocationType.Absolute32 or RelocationType.Absolute32S or RelocationType.Pc32 or RelocationType.Plt32 => 4,
        RelocationType.GotPcRel or RelocationType.GotPcRelX or RelocationType.RexGotPcRelX => 4,
        RelocationType.TpOff32 or RelocationType.GotTpOff or RelocationType.DtpOff32 => 4,
        RelocationType.TlsGd or RelocationType.TlsLd or RelocationType.GotPc32TlsDesc => 4,
        RelocationType.TlsDescCall => 0,
        _ => null,
    };

    /// <summary>True where the value counts from the field's own address.</summary>
    public static bool IsPcRelative(RelocationType type) => type is
        RelocationType.Pc32 or RelocationType.Plt32 or RelocationType.Pc64 or RelocationType.GotPcRel or RelocationType.GotPcRelX
        or RelocationType.RexGotPcRelX or RelocationType.GotTpOff or RelocationType.TlsGd or RelocationType.TlsLd
        or RelocationType.GotPc32TlsDesc or RelocationType.GotPc32 or RelocationType.GotPc64 or RelocationType.GotPcRel64;

    /// <summary>True where the value counts from the object's table of addresses (_GLOBAL_OFFSET_TABLE_), as in the large and medium code models.</summary>
    public static bool CountsFromTable(RelocationType type) => type is
        RelocationType.Got64 or RelocationType.GotPlt64 or RelocationType.GotOff64 or RelocationType.PltOff64;

    /// <summary>True where the field leads to a slot that holds the symbol's address or offset, and not to the symbol
    /// (a linker may have turned the instruction into one that needs no slot).</summary>
    public static bool GoesThroughSlot(RelocationType type) => type is
        RelocationType.GotPcRel or RelocationType.GotPcRelX or RelocationType.RexGotPcRelX or RelocationType.GotTpOff
        or RelocationType.TlsGd or RelocationType.TlsLd or RelocationType.GotPc32TlsDesc
        or RelocationType.Got64 or RelocationType.GotPcRel64 or RelocationType.GotPlt64;

    /// <summary>True where the field tells a symbol's address or offset: it holds it, or leads to what only ever holds it. (A slot for
    /// an address may be relaxed away or not be bound yet.)</summary>
    public static bool Tells(RelocationType type) =>
        !GoesThroughSlot(type) || type is RelocationType.GotTpOff or RelocationType.TlsGd or RelocationType.GotPc32TlsDesc;

    /// <summary>True where there is no field: the relocation only marks an instruction for the link editor.</summary>
    public static bool IsMark(RelocationType type) => type is RelocationType.None or RelocationType.TlsDescCall;
}
