// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Demo.Views;

/// <summary>A row of small bars, a character each, from eighths of a block.</summary>
internal static class Bars
{
    private const string Eighths = " ▁▂▃▄▅▆▇█";

    /// <summary>Bars of these heights; <paramref name="full"/> is a whole block. What is more than nothing is seen.</summary>
    internal static string Row(IEnumerable<double> values, double full) =>
        string.Concat(values.Select(value => Eighths[Height(value, full)]));

    /// <summary>Joins neighbours so that at most <paramref name="columns"/> remain; of those joined the largest is shown.</summary>
    internal static ImmutableArray<double> Fit(ImmutableArray<double> values, int columns)
    {
        if (values.Length <= columns)
        {
            return values;
        }
        return [.. Enumerable.Range(0, columns).Select(column =>
            values[(column * values.Length / columns)..((column + 1) * values.Length / columns)].Max())];
    }

    private static int Height(double value, double full) =>
        value <= 0 || full <= 0 ? 0 : Math.Clamp((int)Math.Round(value / full * 8), 1, 8);
}
