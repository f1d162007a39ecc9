// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Diffing.Objects;

/// <summary>A relocation by its meaning.</summary>
/// <param name="Field">Offset of the field in its piece.</param>
/// <param name="Target">What is meant.</param>
/// <param name="Offset">Bytes from the target's start to the place that is meant. In a code piece the distance from the field
/// to the next instruction, from which the processor counts, is already taken off.</param>
/// <param name="Bias">That distance: the relocation's addend is <paramref name="Offset"/> - <paramref name="Bias"/>. 0 for
/// absolute fields and in data.</param>
internal readonly record struct Reference(uint Field, RelocationType Type, ReferenceTarget Target, long Offset, long Bias);

internal abstract record ReferenceTarget;

/// <param name="Piece">Index in the pieces of the same object.</param>
internal sealed record PieceTarget(int Piece) : ReferenceTarget;

/// <summary>A symbol that the object does not define.</summary>
internal sealed record ExternalTarget(string Name, bool IsWeak) : ReferenceTarget;

/// <summary>A merged string or literal: equal content is equal meaning.</summary>
/// <param name="Label">What messages call it.</param>
internal sealed record ConstantTarget(ReadOnlyMemory<byte> Content, uint Alignment, string Label) : ReferenceTarget
{
    public bool Equals(ConstantTarget? other) => other is not null && Alignment == other.Alignment && Content.Span.SequenceEqual(other.Content.Span);

    public override int GetHashCode() => HashCode.Combine(Content.Length, Content.IsEmpty ? 0 : Content.Span[0], Alignment);
}

/// <summary>Something that cannot go into a patch, with the reason in words.</summary>
internal sealed record UnsupportedTarget(string Name, string Reason) : ReferenceTarget;
