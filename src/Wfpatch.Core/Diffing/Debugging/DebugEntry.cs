// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Diffing.Debugging;

/// <summary>What is kept of a debugging information entry: types, what types are made of, functions and variables with an address.</summary>
internal sealed class DebugEntry(DebugTag tag, DebugEntry? parent, DebugUnit unit)
{
    private List<DebugEntry>? _children;

    public DebugTag Tag { get; } = tag;

    public DebugEntry? Parent { get; } = parent;

    public DebugUnit Unit { get; } = unit;

    public IReadOnlyList<DebugEntry> Children => _children ?? [];

    public string Name { get; set; } = "";

    /// <summary>The symbol's name where it differs (C++).</summary>
    public string LinkageName { get; set; } = "";

    public ulong? ByteSize { get; set; }

    public ulong Encoding { get; set; }

    /// <summary>Index in the unit's table of files.</summary>
    public ulong? File { get; set; }

    public ulong? Line { get; set; }

    /// <summary>Bytes from the start of the structure; null: at the start, or not a number.</summary>
    public ulong? Location { get; set; }

    public ulong BitOffset { get; set; }

    public ulong BitSize { get; set; }

    public ulong? Count { get; set; }

    public int? Type { get; set; }

    /// <summary>The type unit that describes its type, or for a declaration the declared type.</summary>
    public ulong? Signature { get; set; }

    /// <summary>What it completes: the declaration in a class, the function that it is a copy of.</summary>
    public int? Origin { get; set; }

    /// <summary>Where a function or variable lies.</summary>
    public DebugAddress? Address { get; set; }

    public bool IsDeclaration { get; set; }

    /// <summary>Whether it says where it is (DW_AT_location), in whatever way.</summary>
    public bool HasPlace { get; set; }

    public bool IsStructure => Tag is DebugTag.Structure or DebugTag.Class or DebugTag.Union;

    public bool IsUnit => Tag is DebugTag.Unit or DebugTag.PartialUnit or DebugTag.TypeUnit or DebugTag.SkeletonUnit;

    /// <summary>With the names of what it is within.</summary>
    public string QualifiedName => Parent is { IsUnit: false } within ? $"{within.QualifiedName}::{Name}" : Name;

    public void Add(DebugEntry child) => (_children ??= []).Add(child);
}

/// <summary>A place in an object file that is not linked yet: a symbol of it, and the distance from that.</summary>
internal readonly record struct DebugAddress(int Symbol, long Addend);

/// <summary>What the entries of one unit have in common.</summary>
internal sealed class DebugUnit
{
    public int AddressSize { get; set; } = 8;

    public string Folder { get; set; } = "";

    public string Name { get; set; } = "";

    /// <summary>Offset of the unit's table of files in .debug_line of <see cref="LineSections"/>; null: it has none.</summary>
    public ulong? Lines { get; set; }

    public DebugSections? LineSections { get; set; }

    public ulong StringOffsets { get; set; }

    public ulong Addresses { get; set; }

    /// <summary>The file with the rest of its debug information; null: there is none.</summary>
    public string? SplitName { get; set; }
}

/// <summary>DWARF 5, section 7.5.3, as far as layouts and places need it.</summary>
internal enum DebugTag
{
    Array = 0x01,
    Class = 0x02,
    Enumeration = 0x04,
    Member = 0x0d,
    Pointer = 0x0f,
    Reference = 0x10,
    Unit = 0x11,
    Structure = 0x13,
    SubroutineType = 0x15,
    Typedef = 0x16,
    Union = 0x17,
    Inheritance = 0x1c,
    PointerToMember = 0x1f,
    Subrange = 0x21,
    Base = 0x24,
    Const = 0x26,
    Subprogram = 0x2e,
    Variable = 0x34,
    Volatile = 0x35,
    Restrict = 0x37,
    Namespace = 0x39,
    Unspecified = 0x3b,
    PartialUnit = 0x3c,
    TypeUnit = 0x41,
    RvalueReference = 0x42,
    Atomic = 0x47,
    SkeletonUnit = 0x4a,
}

/// <summary>DWARF 5, section 7.5.4; those above 0x2000 are GNU's for DWARF 4.</summary>
internal enum DebugAttribute
{
    Location = 0x02,
    Name = 0x03,
    ByteSize = 0x0b,
    BitSize = 0x0d,
    Lines = 0x10,
    LowAddress = 0x11,
    Folder = 0x1b,
    UpperBound = 0x2f,
    AbstractOrigin = 0x31,
    Count = 0x37,
    MemberLocation = 0x38,
    File = 0x3a,
    Line = 0x3b,
    Declaration = 0x3c,
    Encoding = 0x3e,
    Specification = 0x47,
    Type = 0x49,
    Signature = 0x69,
    BitOffset = 0x6b,
    LinkageName = 0x6e,
    StringOffsets = 0x72,
    Addresses = 0x73,
    SplitName = 0x76,
    MipsLinkageName = 0x2007,
    GnuSplitName = 0x2130,
    GnuAddresses = 0x2133,
}
