// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Unwinding;

/// <summary>What functions have in common (a CIE of the LSB's exception frames). Offsets count from the table's first byte.</summary>
internal readonly record struct CommonEntry(
    ulong CodeAlignment, long DataAlignment, byte PointerEncoding, bool HasAugmentationData, bool IsSignalFrame,
    int InstructionsStart, int InstructionsLength)
{
    /// <summary>Its functions have landing pads: an exception may stop at them or run their cleanups.</summary>
    public bool HasPersonality { get; init; }
}

/// <summary>The instructions of one function (an FDE).</summary>
internal readonly record struct FunctionEntry(int Common, int InstructionsStart, int InstructionsLength);
