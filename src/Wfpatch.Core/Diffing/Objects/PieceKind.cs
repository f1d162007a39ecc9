// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Diffing.Objects;

/// <summary>What an allocated section of an object file holds.</summary>
internal enum PieceKind
{
    Code,

    /// <summary>Read-only data; .data.rel.ro too, which nobody writes but the loader.</summary>
    Constant,

    /// <summary>Strings and literals that the linker merges by content (SHF_MERGE): they have no identity of their own.</summary>
    Merged,

    /// <summary>.data, .bss and common symbols.</summary>
    Writable,
    ThreadLocal,

    /// <summary>Tables of functions that run at start or end: .init_array, .fini_array, .ctors and their like.</summary>
    Initializers,

    /// <summary>.gcc_except_table: what C++ (and C with -fexceptions and cleanups) unwinds by.</summary>
    ExceptionTable,
    UnwindTable,
    Unknown,

    /// <summary>What the macros of include/wfpatch-patch.h say to wfpatch; the program never reads it.</summary>
    Marks,
}
