// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;

namespace Wfpatch.Lab.Bench;

/// <summary>What several measurements of one thing come to.</summary>
internal static class Statistics
{
    /// <summary>The value that is as near to the top as <paramref name="share"/> says (0.5: the median); one of the values, never between two.</summary>
    internal static double At(IEnumerable<double> values, double share)
    {
        ImmutableArray<double> sorted = [.. values.Order()];
        return sorted.IsEmpty ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    internal static double Median(IEnumerable<double> values) => At(values, 0.5);

    internal static string Spread(ImmutableArray<double> values) => values.IsEmpty
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{values.Min():0.##} to {values.Max():0.##} in {values.Length}");
}
