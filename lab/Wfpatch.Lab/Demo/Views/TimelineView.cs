// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Wfpatch.Lab.Loads;

namespace Wfpatch.Lab.Demo.Views;

/// <summary>A target over the whole time, a column for each slot: threads by generation, replies by version, latency, errors.</summary>
internal static class TimelineView
{
    private const int Columns = 56;
    private const int LabelWidth = 15;

    internal static IRenderable Render(DemoFrame frame)
    {
        ImmutableArray<LoadSlot> slots = frame.Slots;
        Rows rows = new(
            Title(frame),
            Threads(frame, "threads old", Palette.Old, (old, _) => old),
            Threads(frame, "threads new", Palette.New, (old, all) => all - old),
            Row("replies old", Palette.Old, slots, PerSecond(slot => slot.Counts.Old), FullReplies(slots), last: true),
            Row("replies new", Palette.New, slots, PerSecond(slot => slot.Counts.New), FullReplies(slots), last: true),
            Row("requests/s", Palette.Plain, slots, PerSecond(slot => slot.Counts.Requests), null, last: true),
            Row("p99 us", Palette.Latency, slots, slot => slot.Latency.P99Us, null, last: false),
            Row("worst us", Palette.Latency, slots, slot => slot.WorstUs, null, last: false),
            Row("errors", Palette.Bad, slots, slot => slot.Counts.Errors + slot.Counts.Mixed, null, last: false),
            Axis(frame));
        return rows;
    }

    private static Text Title(DemoFrame frame) => new($"{frame.Name}: {frame.Title}  [{frame.Phase}]", Palette.Title);

    private static Paragraph Threads(DemoFrame frame, string label, Style style, Func<int, int, int> choose)
    {
        if (frame.Transition is not { } transition)
        {
            return Line(label, style, "", "");
        }
        int all = transition.Threads.Length;
        ImmutableArray<double> counts =
            [.. frame.Slots.Select(slot => (double)choose(transition.OldAt(slot.Start + slot.Length), all))];
        return Line(label, style, Bars.Row(Bars.Fit(counts, Columns), all), counts.IsEmpty ? "" : Number(counts[^1]));
    }

    private static Paragraph Row(string label, Style style, ImmutableArray<LoadSlot> slots, Func<LoadSlot, double> value, double? full, bool last)
    {
        ImmutableArray<double> values = [.. slots.Select(value)];
        if (values.IsEmpty)
        {
            return Line(label, style, "", "");
        }
        double most = values.Max();
        return Line(label, style, Bars.Row(Bars.Fit(values, Columns), full ?? most), last ? Number(values[^1]) : $"at most {Number(most)}");
    }

    private static Func<LoadSlot, double> PerSecond(Func<LoadSlot, long> count) =>
        slot => slot.Length <= TimeSpan.Zero ? 0 : count(slot) / slot.Length.TotalSeconds;

    /// <summary>Old and new replies share a scale.</summary>
    private static double FullReplies(ImmutableArray<LoadSlot> slots) =>
        slots.IsEmpty ? 0 : slots.Max(PerSecond(slot => slot.Counts.Old + slot.Counts.New));

    private static Paragraph Axis(DemoFrame frame)
    {
        int columns = Math.Min(frame.Slots.Length, Columns);
        char[] marks = new string(' ', Columns).ToCharArray();
        if (columns == 0)
        {
            return Line("", Palette.Label, "", "");
        }
        marks.AsSpan(0, columns).Fill('─');
        TimeSpan end = frame.Slots[^1].Start + frame.Slots[^1].Length;
        if (frame.Transition is { } transition && transition.ArmedAt < end)
        {
            int slot = Math.Max(0, frame.Slots.TakeWhile(slot => slot.Start + slot.Length <= transition.ArmedAt).Count());
            marks[Math.Min(columns - 1, slot * columns / frame.Slots.Length)] = '▲';
        }
        return Line("", Palette.Label, new string(marks), frame.Transition is null ? Seconds(end) : $"{Seconds(end)}, ▲ patched");
    }

    private static Paragraph Line(string label, Style style, string bars, string value)
    {
        Paragraph line = new();
        line.Append($"  {label}".PadRight(LabelWidth), Palette.Label);
        line.Append(bars.PadRight(Columns), style);
        line.Append($"  {value}", Palette.Plain);
        return line;
    }

    private static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0 s", CultureInfo.InvariantCulture);
}
