// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Diffing.Objects;

/// <summary>Cuts an object file into pieces. What is strange is kept as it is: it is refused only where a change concerns it.</summary>
internal static class ObjectReader
{
    public static ObjectModel Read(ElfFile file, string unit)
    {
        var symbols = file.Symbols.Where(IsName).ToLookup(s => s.SectionIndex);
        var groups = file.ComdatGroups();
        var pieces = ImmutableArray.CreateBuilder<Piece>();
        var pieceOfSection = ImmutableDictionary.CreateBuilder<int, int>();
        foreach (var section in file.Sections.Where(s => (s.Flags & SectionFlags.Allocate) != 0 && s.Name != Quiescence.ExplicitPoint.SectionName))
        {
            if (section.Size == 0 && symbols[section.Index].All(s => s.IsLocal) && file.RelocationsOf(section.Index).IsEmpty)
            {
                continue;
            }
            pieceOfSection.Add(section.Index, pieces.Count);
            pieces.Add(new Piece(
                pieces.Count, KindOf(section, !file.RelocationsOf(section.Index).IsEmpty), section.Name, [.. symbols[section.Index].OrderBy(s => s.Value)], section.Size, Math.Max(1, section.Alignment),
                section.Bytes, groups.GetValueOrDefault(section.Index), IsCommon: false));
        }
        var commons = ImmutableDictionary.CreateBuilder<int, int>();
        foreach (var common in file.Symbols.Where(s => s.SectionIndex == SpecialSection.Common || s.Kind == SymbolKind.Common))
        {
            commons.Add(common.Index, pieces.Count);
            // The value of a common symbol is its alignment.
            pieces.Add(new Piece(
                pieces.Count, PieceKind.Writable, "COMMON", [common with { Value = 0 }], common.Size, Math.Max(1, common.Value), default, Group: null, IsCommon: true));
        }
        var references = new ReferenceReader(file, pieceOfSection.ToImmutable(), commons.ToImmutable(), pieces.ToImmutable());
        foreach (var (section, piece) in pieceOfSection)
        {
            pieces[piece] = references.WithReferences(pieces[piece], section);
        }
        return new ObjectModel(unit, file, pieces.ToImmutable(), pieceOfSection.ToImmutable());
    }

    private static bool IsName(ElfSymbol symbol) =>
        symbol.Index > 0 && symbol.Name.Length > 0 && symbol.IsDefined
        && symbol.Kind is not (SymbolKind.Section or SymbolKind.File) && !IsLabel(symbol);

    private static bool IsLabel(ElfSymbol symbol) => symbol.IsLocal && symbol.Kind == SymbolKind.NoType && symbol.Name.StartsWith(".L", StringComparison.Ordinal);

    // Constants with addresses in them are not merged by link editors (GNU ld, bfd/merge.c).
    private static PieceKind KindOf(ElfSection section, bool hasRelocations)
    {
        string name = section.Name;
        bool isWritable = (section.Flags & SectionFlags.Write) != 0;
        bool hasBytes = section.Type is SectionType.ProgramBits or SectionType.NoBits;
        return section switch
        {
            _ when name.StartsWith(PatchMarks.SectionPrefix, StringComparison.Ordinal) => PieceKind.Marks,
            _ when (section.Flags & SectionFlags.ThreadLocal) != 0 => PieceKind.ThreadLocal,
            { Type: SectionType.UnwindX8664 } => PieceKind.UnwindTable,
            _ when name == ".eh_frame" => PieceKind.UnwindTable,
            { Type: SectionType.InitArray or SectionType.FiniArray } => PieceKind.Initializers,
            _ when IsOrBelow(name, ".init_array") || IsOrBelow(name, ".fini_array") || IsOrBelow(name, ".preinit_array")
                || IsOrBelow(name, ".ctors") || IsOrBelow(name, ".dtors") => PieceKind.Initializers,
            _ when name is ".init" or ".fini" => PieceKind.Unknown,
            _ when IsOrBelow(name, ".gcc_except_table") => PieceKind.ExceptionTable,
            _ when !hasBytes => PieceKind.Unknown,
            _ when (section.Flags & SectionFlags.Execute) != 0 => section.Type == SectionType.ProgramBits ? PieceKind.Code : PieceKind.Unknown,
            _ when (section.Flags & SectionFlags.Merge) != 0 && !isWritable && section.EntrySize > 0 && !hasRelocations => PieceKind.Merged,
            { Type: SectionType.ProgramBits } when IsOrBelow(name, ".data.rel.ro") || IsOrBelow(name, ".ldata.rel.ro") || (!isWritable && (IsOrBelow(name, ".rodata") || IsOrBelow(name, ".lrodata"))) => PieceKind.Constant,
            { Type: SectionType.ProgramBits } when name.StartsWith(".data", StringComparison.Ordinal) && name.Contains(".DW.ref.", StringComparison.Ordinal) => PieceKind.Constant,
            _ when isWritable && (IsOrBelow(name, ".data") || IsOrBelow(name, ".bss") || IsOrBelow(name, ".ldata") || IsOrBelow(name, ".lbss")) => PieceKind.Writable,
            _ => PieceKind.Unknown,
        };
    }

    private static bool IsOrBelow(string name, string family) =>
        name == family || (name.StartsWith(family, StringComparison.Ordinal) && name[family.Length] == '.');
}
