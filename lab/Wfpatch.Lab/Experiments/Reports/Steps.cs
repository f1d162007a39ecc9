// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>The line of a distribution: for each value how many of all are not above it, in hundredths.</summary>
internal static class Steps
{
    /// <param name="all">How many there are, also those that have no value: with such the line ends below 100.</param>
    internal static ImmutableArray<(double X, double Y)> Of(ImmutableArray<double> sorted, int all) =>
        [.. sorted.SelectMany((value, at) => ((double, double)[])[(value, 100.0 * at / all), (value, 100.0 * (at + 1) / all)])];
}
