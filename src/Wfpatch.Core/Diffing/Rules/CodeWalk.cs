// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>A piece's instructions, at addresses that are offsets in the piece.</summary>
internal static class CodeWalk
{
    public static List<Instruction> Instructions(Piece piece)
    {
        var all = new List<Instruction>();
        var reader = new ByteArrayCodeReader(piece.Bytes.ToArray());
        var decoder = Decoder.Create(64, reader);
        while (reader.CanReadByte)
        {
            decoder.Decode(out var instruction);
            if (instruction.IsInvalid)
            {
                break;
            }
            all.Add(instruction);
        }
        return all;
    }

    /// <summary>The relocation in an instruction's bytes; null where it has none, so that a branch stays in its piece.</summary>
    public static Reference? ReferenceOf(Piece piece, Instruction instruction)
    {
        foreach (var reference in piece.References)
        {
            if (reference.Field >= instruction.IP && reference.Field < instruction.NextIP)
            {
                return reference;
            }
        }
        return null;
    }
}
