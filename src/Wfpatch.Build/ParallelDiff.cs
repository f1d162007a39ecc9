// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing;

namespace Wfpatch.Build;

/// <summary>The comparison on all processors: units one by one, what they come to together.</summary>
internal static class ParallelDiff
{
    public static DiffResult Diff(ImmutableArray<UnitPair> units, DiffOptions options) =>
        ObjectDiffer.RefuseOrigin(units) ?? ObjectDiffer.Diff([.. units.AsParallel().AsOrdered().Select(ObjectDiffer.Compare)], options);
}
