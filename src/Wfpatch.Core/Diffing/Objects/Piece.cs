// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Diffing.Objects;

/// <summary>
/// One allocated section of an object file, or one common symbol: what the linker moves as a whole, and so what is compared
/// as a whole. With -ffunction-sections -fdata-sections it is one function or one variable.
/// </summary>
/// <param name="Index">Its place in <see cref="ObjectModel.Pieces"/>.</param>
/// <param name="Symbols">The symbols that it defines, by value; without section symbols and assembler labels.</param>
/// <param name="Group">The signature of its COMDAT group: of the copies in several objects the program has one. Null: it is in none.</param>
/// <param name="Bytes">Empty where the section takes no room in the file, for all zeros.</param>
internal sealed record Piece(
    int Index, PieceKind Kind, string SectionName, ImmutableArray<ElfSymbol> Symbols, ulong Size, ulong Alignment,
    ReadOnlyMemory<byte> Bytes, string? Group, bool IsCommon)
{
    /// <summary>In the order of their fields.</summary>
    public ImmutableArray<Reference> References { get; init; } = [];

    /// <summary>Where code was met that is not understood; null for sound code and for data.</summary>
    public string? Undecodable { get; init; }

    /// <summary>The symbol that messages and the patch use: a global one before a local one, the first by name.</summary>
    public ElfSymbol? Main { get; } = Symbols
        .OrderBy(s => s.Value).ThenBy(s => s.IsLocal).ThenBy(s => s.Kind == SymbolKind.NoType).ThenBy(s => s.Name, StringComparer.Ordinal).FirstOrDefault();

    public string Name => Main?.Name ?? SectionName;

    public bool IsNamed => Main is not null;

    public bool IsGlobal => Main is { IsLocal: false };

    /// <summary>True where several functions or variables lie in one section, so that a change cannot be told to be one's own.</summary>
    public bool IsShared => Symbols.Select(s => s.Value).Distinct().Count() > 1;

    /// <summary>True for what C++ has in several objects and the program once: inline functions, templates, their static locals, type information.</summary>
    public bool IsInGroup => Group is not null;

    /// <summary>True for a pointer through which unwind and exception tables refer to a personality routine or a type (DW.ref.NAME). The
    /// compiler makes one in each object, the program never writes it, and nobody compares its address: a patch has its own.</summary>
    public bool IsIndirection => Kind == PieceKind.Constant && SectionName.Contains(".DW.ref.", StringComparison.Ordinal);

    /// <summary>True for one function that takes its whole section.</summary>
    public bool IsOneFunction => Kind == PieceKind.Code && !IsShared
        && Main is { Kind: SymbolKind.Function, Value: 0 } main && main.Size == Size && Size > 0;

    /// <summary>True for the resolver of an indirect function (ifunc): who names that function does not mean this code, but what it chooses.</summary>
    public bool IsResolver => Symbols.Any(s => s.Kind == SymbolKind.IndirectFunction);

    public override string ToString() => Name;
}
