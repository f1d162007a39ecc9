// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Experiments.Overheads;

namespace Wfpatch.Lab.Experiments;

/// <summary>Numbers as they stand in tables and reports.</summary>
internal static class Figures
{
    internal static string Number(double value, int digits = 0) => value.ToString($"#,##0.{new string('0', digits)}".TrimEnd('.'), CultureInfo.InvariantCulture);

    /// <summary>Median, standard deviation and the largest; empty where nothing was measured.</summary>
    internal static string Three(Spread spread, double unit = 1, int digits = 0) => spread == default
        ? ""
        : $"{Number(spread.Median / unit, digits)} ± {Number(spread.Deviation / unit, digits)}, {Number(spread.Most / unit, digits)}";

    /// <summary>A ratio with its interval; one pair alone has none.</summary>
    internal static string Ratio(MethodResult method, Func<Quantiles, double> of) =>
        Number(of(method.Latency.Ratio), 2) + (method.Windows > 1 ? $" ({Number(of(method.Latency.Low), 2)} to {Number(of(method.Latency.High), 2)})" : "");

    /// <summary>The median, and the largest; empty where nothing was measured.</summary>
    internal static string Both(MedianAndMost values, double unit, int digits) =>
        values == default ? "" : $"{Number(values.Median / unit, digits)} ({Number(values.Most / unit, digits)})";
}
