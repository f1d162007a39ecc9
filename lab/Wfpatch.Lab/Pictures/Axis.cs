// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;

namespace Wfpatch.Lab.Pictures;

/// <summary>The scale of one direction.</summary>
/// <param name="Low">The value at its beginning.</param>
/// <param name="High">The value at its end, greater than <paramref name="Low"/>.</param>
/// <param name="Ticks">Values that are named, with their names.</param>
internal sealed record Axis(string Title, double Low, double High, bool IsLog, ImmutableArray<(double Value, string Name)> Ticks)
{
    private const int WantedTicks = 6;

    /// <summary>Where a value is, from 0 to 1; values beyond the ends are at them.</summary>
    internal double At(double value) => Math.Clamp(IsLog ? Math.Log(value / Low) / Math.Log(High / Low) : (value - Low) / (High - Low), 0, 1);

    /// <summary>Steps of 1, 2 or 5 times a power of ten, from the one below the lowest value on.</summary>
    internal static Axis Linear(string title, double low, double high)
    {
        double rough = Math.Max(high - low, 1e-9) / WantedTicks, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * ((rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
        double first = Math.Floor(low / step) * step;
        int steps = Math.Max(1, (int)Math.Ceiling(((high - first) / step) - 1e-9));
        return new(title, first, first + (steps * step), false, [.. Enumerable.Range(0, steps + 1).Select(at => first + (at * step)).Select(value => (value, Name(value)))]);
    }

    /// <summary>Powers of ten around the values, which are greater than zero.</summary>
    internal static Axis Log(string title, double low, double high, string unit = "")
    {
        int first = (int)Math.Floor(Math.Log10(low) + 1e-9), last = Math.Max(first + 1, (int)Math.Ceiling(Math.Log10(high) - 1e-9));
        return new(title, Math.Pow(10, first), Math.Pow(10, last), true, [.. Enumerable.Range(first, last - first + 1).Select(power => Math.Pow(10, power)).Select(value => (value, Name(value) + unit))]);
    }

    /// <summary>Microseconds, named in the unit that suits each.</summary>
    internal static Axis LogTime(string title, double lowUs, double highUs)
    {
        Axis plain = Log(title, lowUs, highUs);
        return plain with { Ticks = [.. plain.Ticks.Select(tick => (tick.Value, TimeName(tick.Value)))] };
    }

    private static string TimeName(double us) => us >= 1e6 ? $"{Name(us / 1e6)} s" : us >= 1e3 ? $"{Name(us / 1e3)} ms" : $"{Name(us)} us";

    private static string Name(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
