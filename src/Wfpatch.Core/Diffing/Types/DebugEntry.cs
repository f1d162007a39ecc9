// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Diffing.Types;

/// <summary>What is kept of a debugging information entry: types, and what types are made of.</summary>
internal sealed class DebugEntry(int offset, DebugTag tag, DebugEntry? parent)
{
    public int Offset { get; } = offset;

    public DebugTag Tag { get; } = tag;

    public DebugEntry? Parent { get; } = parent;

    public List<DebugEntry> Children { get; } = [];

    public string Name { get; set; } = "";

    public ulong? ByteSize { get; set; }

    public ulong Encoding { get; set; }

    public ulong Line { get; set; }

    /// <summary>Bytes from the start of the structure; null: at the start, or not a number.</summary>
    public ulong? Location { get; set; }

    public ulong BitOffset { get; set; }

    public ulong BitSize { get; set; }

    public ulong? Count { get; set; }

    public int? Type { get; set; }

    public bool IsDeclaration { get; set; }

    /// <summary>Whether it says where it is (DW_AT_location).</summary>
    public bool HasPlace { get; set; }

    public bool IsStructure => Tag is DebugTag.Structure or DebugTag.Class or DebugTag.Union;

    /// <summary>With the names of what it is within.</summary>
    public string QualifiedName => Parent is { Tag: not DebugTag.Unit } within ? $"{within.QualifiedName}::{Name}" : Name;
}

/// <summary>DWARF 5, section 7.5.3, as far as layouts need it.</summary>
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
    Typedef = 0x16,
    Union = 0x17,
    Inheritance = 0x1c,
    Subrange = 0x21,
    Base = 0x24,
    Const = 0x26,
    Subprogram = 0x2e,
    Variable = 0x34,
    Volatile = 0x35,
    Restrict = 0x37,
    Namespace = 0x39,
    RvalueReference = 0x42,
    Atomic = 0x47,
}
