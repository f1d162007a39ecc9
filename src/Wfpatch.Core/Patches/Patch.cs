// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Patches;

/// <summary>What a .wfp file holds: replacement functions, what they need, and what the running code must look like.</summary>
/// <param name="Id">Sixteen lower-case hexadecimal digits: the first 8 bytes of the XXH128 of the encoded content. Equal content, equal id.</param>
/// <param name="Name">A short name for people, usually that of the source patch.</param>
/// <param name="Objects">One entry for each program or library that is changed; never empty.</param>
public sealed record Patch(string Id, string Name, ImmutableArray<ObjectPatch> Objects)
{
    /// <summary>What its author declares: a global one is applied and taken back in no other way.</summary>
    public Consistency Consistency { get; init; }

    /// <summary>Whether its author declares that it takes the place of all earlier patches: it was built against the program as it is loaded.</summary>
    public bool Replaces { get; init; }

    /// <summary>The patches that must be in force below it, in their order.</summary>
    public ImmutableArray<RequiredPatch> Requires { get; init; } = [];
}

/// <param name="Id">As <see cref="Patch.Id"/>.</param>
/// <param name="Name">For people; empty where it was not known.</param>
public sealed record RequiredPatch(string Id, string Name)
{
    /// <summary>The length of an id.</summary>
    public const int IdLength = 16;

    public string Display => Name.Length == 0 ? Id : $"{Name} ({Id})";

    /// <summary>Whether a text has the form of an id: lower-case hexadecimal digits.</summary>
    public static bool IsId(string text) => text.Length == IdLength && text.All(char.IsAsciiHexDigitLower);
}

/// <summary>The part of a patch that concerns one program or shared library.</summary>
public sealed record ObjectPatch
{
    /// <summary>File name of the program or library without its folder; empty: the main program, whatever its name.</summary>
    public required string ObjectName { get; init; }

    /// <summary>The build-id that the loaded object must have, in lower-case hexadecimal digits; null where the patch was
    /// built without the installed binary, so that the run-pre match alone decides.</summary>
    public required string? BuildId { get; init; }

    public required ImmutableArray<PatchSymbol> Symbols { get; init; }

    /// <summary>Functions as they were before the patch; see <see cref="OldFunctionRole"/>.</summary>
    public required ImmutableArray<OldFunction> OldFunctions { get; init; }

    /// <summary>What is new.</summary>
    public required ImmutableArray<PatchSection> Sections { get; init; }

    /// <summary>Which old function is redirected to which new one.</summary>
    public required ImmutableArray<Replacement> Replacements { get; init; }

    /// <summary>New functions that a thread of the target calls once when the patch comes or goes, in this order for each kind.</summary>
    public ImmutableArray<PatchCallback> Callbacks { get; init; } = [];

    /// <summary>The symbol of the variable by which they are asked for; -1 where there are none.</summary>
    public int CallbackBlock { get; init; } = -1;
}

/// <summary>
/// A symbol that old or new code refers to. With <see cref="Section"/> &gt;= 0 it is defined by the patch, at
/// <see cref="Offset"/> in that section of <see cref="ObjectPatch.Sections"/>. Else it belongs to the running program and is
/// found by run-pre match, or, where its <see cref="Unit"/> is empty, by the dynamic symbol tables.
/// A replaced function has two: the new body (defined here) and the original entry (not defined here); code refers to the
/// original entry, so that function pointers stay comparable and every call goes through the dispatcher.
/// </summary>
/// <param name="Unit">The translation unit ("memcached.c", or the object's path within its tree) of a symbol with local binding; empty for a global one.</param>
/// <param name="Size">Bytes, or 0 where not known.</param>
/// <param name="Content">For an unnamed constant of the old code (a string): its bytes, which must be found where the hole leads. Else null.</param>
public sealed record PatchSymbol(string Name, string Unit, PatchSymbolKind Kind, int Section, ulong Offset, ulong Size, ReadOnlyMemory<byte>? Content)
{
    public bool IsDefinedByPatch => Section >= 0;

    /// <summary>The name for messages: name, and the unit of a local one.</summary>
    public string Display => Unit.Length == 0 ? Name : $"{Name} ({Unit})";
}

public enum PatchSymbolKind : byte
{
    /// <summary>Not known from the object file (an undefined symbol).</summary>
    Unknown = 0,
    Function = 1,
    Data = 2,

    /// <summary>A thread-local variable: its value is an offset from the thread pointer.</summary>
    ThreadLocal = 3,

    /// <summary>An unnamed constant (string, literal, jump table) of the old code.</summary>
    Constant = 4,
}

/// <summary>A relocation: the field of <paramref name="Type"/> at <paramref name="Offset"/> in its function or section.
/// <paramref name="Symbol"/> is an index in <see cref="ObjectPatch.Symbols"/>; in old code -1 stands for a hole whose target does not matter.</summary>
public readonly record struct PatchRelocation(uint Offset, Elf.RelocationType Type, int Symbol, long Addend);

public enum OldFunctionRole : byte
{
    /// <summary>It is redirected to a new function.</summary>
    Replaced = 0,

    /// <summary>A piece of a replaced function that stands apart (.cold): gone with it, entered from it alone, so not redirected, but looked for on stacks.</summary>
    Part = 1,

    /// <summary>It does not change; it is matched because its holes give the address of a symbol that new code needs, or its own.</summary>
    Anchor = 2,

    /// <summary>It does not change; profiles use it as a quiescence point.</summary>
    Point = 3,

    /// <summary>No function, but data that holds pointers to functions: where its address is known, the linker's value of a pointer tells where
    /// a function stands that the program has twice, byte for byte. Its bytes are not compared.</summary>
    Table = 4,

    /// <summary>Another object's copy of an inline function, with other code. The program has one of them: what is said of the function is said of that one.</summary>
    Copy = 5,
}

/// <summary>A function as the old build has it.</summary>
/// <param name="Symbol">The index of the symbol that stands for its original entry.</param>
/// <param name="Bytes">Its code with the fields of the relocations as the assembler left them.</param>
public sealed record OldFunction(
    string Name, string Unit, OldFunctionRole Role, int Symbol, ReadOnlyMemory<byte> Bytes, ImmutableArray<PatchRelocation> Relocations)
{
    /// <summary>Index in <see cref="ObjectPatch.OldFunctions"/>: for a copy the function that it is a copy of, for a part of a function that has
    /// copies, or of a copy, that one. Else -1.</summary>
    public int Of { get; init; } = -1;
}

public enum PatchSectionKind : byte
{
    Code = 0,
    ReadOnlyData = 1,

    /// <summary>.eh_frame of the new code: whole CIEs and FDEs, relocated like any section.</summary>
    UnwindTable = 2,

    /// <summary>New variables. They lie in memory of the target that can be written and not executed, once for all generations.</summary>
    WritableData = 3,
}

/// <param name="Alignment">A power of two, 1 to 4096.</param>
public sealed record PatchSection(string Name, PatchSectionKind Kind, uint Alignment, ReadOnlyMemory<byte> Bytes, ImmutableArray<PatchRelocation> Relocations)
{
    /// <summary>So many zeros stand behind <see cref="Bytes"/>, which are empty then: a section of zeros takes no room in the file. Writable data alone has them.</summary>
    public uint ZeroBytes { get; init; }

    /// <summary>The bytes that it takes in the target.</summary>
    public ulong Length => (ulong)Bytes.Length + ZeroBytes;
}

/// <param name="OldFunction">Index in <see cref="ObjectPatch.OldFunctions"/>, with role <see cref="OldFunctionRole.Replaced"/>.</param>
/// <param name="NewSymbol">Index of a symbol that the patch defines in a code section.</param>
public readonly record struct Replacement(int OldFunction, int NewSymbol);
