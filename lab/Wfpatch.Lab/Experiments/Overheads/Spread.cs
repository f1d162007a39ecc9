// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Bench;

namespace Wfpatch.Lab.Experiments.Overheads;

/// <summary>What several measurements of one thing come to; all zero where there is none.</summary>
/// <param name="Deviation">The standard deviation (of the sample), as the paper gives it; one late measurement makes it large.</param>
public readonly record struct Spread(double Median, double Deviation, double Most)
{
    internal static Spread Of(IEnumerable<double> values)
    {
        ImmutableArray<double> all = [.. values];
        return all.IsEmpty ? default : new(Statistics.Median(all), DeviationOf(all), all.Max());
    }

    private static double DeviationOf(ImmutableArray<double> values)
    {
        double mean = values.Average();
        return values.Length == 1 ? 0 : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }
}
