// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing;

/// <summary>Equality by meaning: the same bytes outside the fields, and fields that mean the same thing.</summary>
internal static class Compare
{
    /// <summary>Why the pair differs, in words; null where it does not. What a constant that it refers to contains is not looked at here.</summary>
    public static string? Difference(ObjectModel oldModel, ObjectModel newModel, Correlation correlation, Piece old, Piece @new)
    {
        string? difference = PlainDifference(oldModel, newModel, correlation, old, @new);
        bool isOtherEncoding = difference is not null && old.Kind == PieceKind.Code && @new.Kind == PieceKind.Code && SameCode.Is(oldModel, newModel, correlation, old, @new);
        return isOtherEncoding ? null : difference;
    }

    private static string? PlainDifference(ObjectModel oldModel, ObjectModel newModel, Correlation correlation, Piece old, Piece @new)
    {
        if (old.Kind != @new.Kind)
        {
            return "its kind of section";
        }
        if (old.Size != @new.Size)
        {
            return "its size";
        }
        if (old.Kind != PieceKind.Code && old.Alignment != @new.Alignment)
        {
            return "its alignment";
        }
        if (old.References.Length != @new.References.Length)
        {
            return "what it refers to";
        }
        for (int i = 0; i < old.References.Length; i++)
        {
            if (!IsSame(oldModel, newModel, correlation, old.References[i], @new.References[i]))
            {
                return "what it refers to";
            }
        }
        return SameBytes(old, @new) ? null : old.Kind == PieceKind.Code ? "its instructions" : "its content";
    }

    /// <summary>Whether two functions unwind differently: the code may be the same where other exceptions are caught. Null where not.</summary>
    public static string? ExceptionTableDifference(ObjectModel oldModel, ObjectModel newModel, Correlation correlation, Piece old, Piece @new)
    {
        if (old.Kind != PieceKind.Code)
        {
            return null;
        }
        var (before, after) = (oldModel.ExceptionTables.Of(old), newModel.ExceptionTables.Of(@new));
        bool isSame = (before, after) switch
        {
            (null, null) => true,
            ({ } a, { } b) => a.Offset == b.Offset && a.Personality == b.Personality
                && Difference(oldModel, newModel, correlation, oldModel.Pieces[a.Table], newModel.Pieces[b.Table]) is null,
            _ => false,
        };
        return isSame ? null : "its exception table";
    }

    private static bool IsSame(ObjectModel oldModel, ObjectModel newModel, Correlation correlation, Reference old, Reference @new) =>
        old.Field == @new.Field && IsSameMeaning(oldModel, newModel, correlation, old, @new);

    /// <summary>Wherever their fields are.</summary>
    internal static bool IsSameMeaning(ObjectModel oldModel, ObjectModel newModel, Correlation correlation, Reference old, Reference @new)
    {
        if (old.Type != @new.Type || old.Bias != @new.Bias || old.Offset != @new.Offset)
        {
            return false;
        }
        return (old.Target, @new.Target) switch
        {
            (PieceTarget a, PieceTarget b) => correlation.NewToOld[b.Piece] == a.Piece && SameSymbol(oldModel.Pieces[a.Piece], newModel.Pieces[b.Piece], old.Offset),
            (ExternalTarget a, ExternalTarget b) => a == b,
            (ConstantTarget a, ConstantTarget b) => a.Equals(b),
            (UnsupportedTarget a, UnsupportedTarget b) => a == b,
            _ => false,
        };
    }

    // In a section that several share, the same offset may be another one's after a change.
    private static bool SameSymbol(Piece old, Piece @new, long offset) =>
        !(old.IsShared || @new.IsShared) || SymbolAt(old, offset) == SymbolAt(@new, offset);

    private static string? SymbolAt(Piece piece, long offset) => piece.Symbols.LastOrDefault(s => (long)s.Value <= offset)?.Name;

    private static bool SameBytes(Piece old, Piece @new) =>
        old.Bytes.IsEmpty || @new.Bytes.IsEmpty
            ? old.Bytes.Span.IndexOfAnyExcept((byte)0) < 0 && @new.Bytes.Span.IndexOfAnyExcept((byte)0) < 0
            : Shape.Masked(old).AsSpan().SequenceEqual(Shape.Masked(@new));
}
