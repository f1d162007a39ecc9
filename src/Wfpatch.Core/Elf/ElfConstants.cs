// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Elf;

/// <summary>sh_type (System V ABI, chapter 4).</summary>
public enum SectionType : uint
{
    Null = 0,
    ProgramBits = 1,
    SymbolTable = 2,
    StringTable = 3,
    RelocationsWithAddends = 4,
    Note = 7,
    NoBits = 8,
    Relocations = 9,
    InitArray = 14,
    FiniArray = 15,
    Group = 17,
    SymbolTableIndexes = 18,
    UnwindX8664 = 0x7000_0001,
}

/// <summary>sh_flags (System V ABI, chapter 4).</summary>
[Flags]
public enum SectionFlags : ulong
{
    None = 0,
    Write = 1,
    Allocate = 2,
    Execute = 4,
    Merge = 0x10,
    Strings = 0x20,
    InfoLink = 0x40,
    Group = 0x200,
    ThreadLocal = 0x400,
    Compressed = 0x800,
}

/// <summary>The type half of st_info.</summary>
public enum SymbolKind : byte
{
    NoType = 0,
    Object = 1,
    Function = 2,
    Section = 3,
    File = 4,
    Common = 5,
    ThreadLocal = 6,
    IndirectFunction = 10,
}

/// <summary>The binding half of st_info.</summary>
public enum SymbolBinding : byte
{
    Local = 0,
    Global = 1,
    Weak = 2,
    GnuUnique = 10,
}

/// <summary>Relocation types of the x86-64 psABI, table 4.9.</summary>
public enum RelocationType : uint
{
    None = 0,
    Absolute64 = 1,
    Pc32 = 2,
    Got32 = 3,
    Plt32 = 4,
    Copy = 5,
    GlobDat = 6,
    JumpSlot = 7,
    Relative = 8,
    GotPcRel = 9,
    Absolute32 = 10,
    Absolute32S = 11,
    Absolute16 = 12,
    Pc16 = 13,
    Absolute8 = 14,
    Pc8 = 15,
    DtpMod64 = 16,
    DtpOff64 = 17,
    TpOff64 = 18,
    TlsGd = 19,
    TlsLd = 20,
    DtpOff32 = 21,
    GotTpOff = 22,
    TpOff32 = 23,
    Pc64 = 24,
    GotOff64 = 25,
    GotPc32 = 26,
    Got64 = 27,
    GotPcRel64 = 28,
    GotPc64 = 29,
    GotPlt64 = 30,
    PltOff64 = 31,
    Size32 = 32,
    Size64 = 33,
    GotPc32TlsDesc = 34,
    TlsDescCall = 35,
    TlsDesc = 36,
    IRelative = 37,
    GotPcRelX = 41,
    RexGotPcRelX = 42,

    // Of instructions with prefixes that only newer processors know (APX); newer versions of the psABI.
    Code4GotPcRelX = 43,
    Code4GotTpOff = 44,
    Code4GotPc32TlsDesc = 45,
    Code5GotPcRelX = 46,
    Code5GotTpOff = 47,
    Code5GotPc32TlsDesc = 48,
    Code6GotPcRelX = 49,
    Code6GotTpOff = 50,
    Code6GotPc32TlsDesc = 51,
}

/// <summary>Values of st_shndx that are no section.</summary>
public static class SpecialSection
{
    public const int Undefined = 0;
    public const int Absolute = 0xfff1;
    public const int Common = 0xfff2;
}
