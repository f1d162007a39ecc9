// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Diffing.Objects;

/// <summary>
/// Translates relocations to what they mean: section symbols to the piece, merged constants to their content, and the addend
/// of a PC-relative field to the place that the instruction reaches. (x86-64 psABI, 4.4: the field holds S + A - P, while
/// the processor counts from the next instruction.)
/// </summary>
internal sealed class ReferenceReader(
    ElfFile file, ImmutableDictionary<int, int> pieceOfSection, ImmutableDictionary<int, int> pieceOfCommon, ImmutableArray<Piece> pieces)
{
    private const int NarrowBias = 4;

    // A file means the same thing again and again.
    private readonly Dictionary<int, PieceTarget> _inside = [];
    private readonly Dictionary<(string, bool), ExternalTarget> _outside = [];

    public Piece WithReferences(Piece piece, int section)
    {
        var relocations = file.RelocationsOf(section).OrderBy(r => r.Offset).ToImmutableArray();
        var bounds = piece.Kind == PieceKind.Code ? InstructionBounds.Of(piece.Bytes.Span) : null;
        return piece with
        {
            References = [.. relocations.Where(r => r.Type != RelocationType.None).Select(r => Read(r, bounds))],
            Undecodable = bounds?.FailedAt is { } at ? $"the bytes at offset {at} are no instruction" : null,
        };
    }

    private Reference Read(ElfRelocation relocation, InstructionBounds? bounds)
    {
        long bias = 0;
        if (bounds is not null && RelocationField.IsPcRelative(relocation.Type))
        {
            bias = bounds.EndAfter((int)Math.Min(relocation.Offset, int.MaxValue - 1)) is { } end ? end - (long)relocation.Offset : NarrowBias;
        }
        if (relocation.Symbol <= 0 || relocation.Symbol >= file.Symbols.Length)
        {
            var nothing = new UnsupportedTarget("an absolute address", "is no place in the program");
            return new Reference(Field(relocation), relocation.Type, nothing, relocation.Addend, bias);
        }
        var symbol = file.Symbols[relocation.Symbol];
        var (target, offset) = TargetOf(symbol, relocation.Addend + bias);
        return new Reference(Field(relocation), relocation.Type, target, offset, bias);
    }

    private static uint Field(ElfRelocation relocation) => (uint)Math.Min(relocation.Offset, uint.MaxValue);

    private (ReferenceTarget Target, long Offset) TargetOf(ElfSymbol symbol, long offset)
    {
        if (pieceOfCommon.TryGetValue(symbol.Index, out int common))
        {
            return (Inside(common), offset);
        }
        if (!symbol.IsDefined)
        {
            return (Outside(symbol.Name, symbol.Binding == SymbolBinding.Weak), offset);
        }
        if (symbol.Kind == SymbolKind.IndirectFunction && !symbol.IsLocal)
        {
            // Not the resolver that stands there, but what it has chosen: that is looked for by its name, in the process.
            return (Outside(symbol.Name, isWeak: false), offset);
        }
        if (!pieceOfSection.TryGetValue(symbol.SectionIndex, out int index))
        {
            return (new UnsupportedTarget(symbol.Name, "is absolute or lies in a section that is not loaded"), offset);
        }
        var piece = pieces[index];
        if (piece.Kind == PieceKind.Merged)
        {
            return MergedTarget(symbol, piece, file.Sections[symbol.SectionIndex], offset);
        }
        // Which of its copies the program has is for the linker to say: what is shared by name is meant by name.
        return piece is { IsInGroup: true, IsIndirection: false } && !symbol.IsLocal
            ? (Outside(symbol.Name, isWeak: false), offset)
            : (Inside(index), (long)symbol.Value + offset);
    }

    private PieceTarget Inside(int piece) => _inside.TryGetValue(piece, out var known) ? known : _inside[piece] = new PieceTarget(piece);

    private ExternalTarget Outside(string name, bool isWeak) =>
        _outside.TryGetValue((name, isWeak), out var known) ? known : _outside[(name, isWeak)] = new ExternalTarget(name, isWeak);

    // A reference by a label keeps its distance from the label's constant; one by the section names the constant by its place.
    private static (ReferenceTarget Target, long Offset) MergedTarget(ElfSymbol symbol, Piece piece, ElfSection section, long offset)
    {
        bool isSection = symbol.Kind == SymbolKind.Section;
        long start = isSection ? offset : (long)symbol.Value;
        if (start < 0 || start >= piece.Bytes.Length || section.EntrySize > 64)
        {
            return (new UnsupportedTarget(symbol.Name, "points outside its section of constants"), offset);
        }
        int entry = (int)section.EntrySize;
        var rest = piece.Bytes[(int)start..];
        int length = (section.Flags & SectionFlags.Strings) != 0 ? StringLength(rest.Span, entry) : Math.Min(entry, rest.Length);
        if (length == 0)
        {
            return (new UnsupportedTarget(symbol.Name, "is a string without an end"), offset);
        }
        return (new ConstantTarget(rest[..length], (uint)Math.Min(section.Alignment, 4096), section.Name), isSection ? 0 : offset);
    }

    private static int StringLength(ReadOnlySpan<byte> bytes, int width)
    {
        for (int at = 0; at + width <= bytes.Length; at += width)
        {
            if (bytes.Slice(at, width).IndexOfAnyExcept((byte)0) < 0)
            {
                return at + width;
            }
        }
        return 0;
    }
}
