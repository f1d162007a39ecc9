// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Diffing;

/// <summary>One unit of both builds, compared. It holds what both objects are, until it is let go.</summary>
public sealed class ComparedUnit
{
    internal ComparedUnit(UnitDiff diff) => Diff = diff;

    /// <summary>How many functions, variables and other pieces of the new object differ from those that they continue.</summary>
    public int Differences => Diff.Differences.Count;

    internal UnitDiff Diff { get; }
}
