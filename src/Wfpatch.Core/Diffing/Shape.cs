// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Diffing;

/// <summary>A text that is equal for pieces that look the same, names by number aside: bytes outside fields, and what the fields name.</summary>
internal static class Shape
{
    public static string Of(ObjectModel model, Piece piece)
    {
        var text = new StringBuilder();
        text.Append(Convert.ToHexStringLower(XxHash128.Hash(Masked(piece)))).Append(CultureInfo.InvariantCulture, $" {piece.Size}");
        foreach (var reference in piece.References)
        {
            string target = reference.Target switch
            {
                PieceTarget inside => SymbolNames.WithoutNumbers(model.Pieces[inside.Piece].Name),
                ExternalTarget outside => outside.Name,
                ConstantTarget constant => Convert.ToHexStringLower(XxHash128.Hash(constant.Content.Span)),
                _ => "?",
            };
            text.Append(CultureInfo.InvariantCulture, $" {reference.Field}:{(uint)reference.Type}:{target}+{reference.Offset}");
        }
        return text.ToString();
    }

    /// <summary>The bytes with the fields of relocations as zeros.</summary>
    public static byte[] Masked(Piece piece)
    {
        byte[] bytes = piece.Bytes.ToArray();
        foreach (var reference in piece.References)
        {
            int width = RelocationField.WidthOf(reference.Type) ?? 0;
            int start = (int)Math.Min(reference.Field, (uint)bytes.Length);
            bytes.AsSpan(start, Math.Min(width, bytes.Length - start)).Clear();
        }
        return bytes;
    }
}
