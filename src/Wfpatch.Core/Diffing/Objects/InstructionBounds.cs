// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;

namespace Wfpatch.Core.Diffing.Objects;

/// <summary>Where the instructions of a piece of code begin and end.</summary>
internal sealed class InstructionBounds
{
    private readonly List<int> _ends = [];

    private InstructionBounds(int? failedAt) => FailedAt = failedAt;

    /// <summary>Offset of the first bytes that are no instruction; null where all are.</summary>
    public int? FailedAt { get; private set; }

    public static InstructionBounds Of(ReadOnlySpan<byte> code)
    {
        var bounds = new InstructionBounds(null);
        var reader = new ByteArrayCodeReader(code.ToArray());
        var decoder = Decoder.Create(64, reader);
        while (reader.CanReadByte)
        {
            decoder.Decode(out var instruction);
            if (instruction.IsInvalid)
            {
                bounds.FailedAt = (int)instruction.IP;
                break;
            }
            bounds._ends.Add((int)instruction.NextIP);
        }
        return bounds;
    }

    /// <summary>The end of the instruction that the byte at <paramref name="offset"/> belongs to; null where none is known.</summary>
    public int? EndAfter(int offset)
    {
        int at = _ends.BinarySearch(offset + 1);
        at = at < 0 ? ~at : at;
        return at < _ends.Count ? _ends[at] : null;
    }
}
