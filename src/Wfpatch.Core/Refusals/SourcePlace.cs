// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Refusals;

/// <summary>A place in a source file, by debug information.</summary>
/// <param name="File">As the compiler was told it, relative to where the compiler was started.</param>
/// <param name="Line">From 1.</param>
public sealed record SourcePlace(string File, int Line)
{
    public override string ToString() => $"{File}:{Line}";
}
