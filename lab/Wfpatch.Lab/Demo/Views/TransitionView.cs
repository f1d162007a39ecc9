// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Wfpatch.Lab.Demo.Views;

/// <summary>The transition under the magnifying glass: a lane for each thread, old until it migrates, new from then on.</summary>
internal static class TransitionView
{
    private const int Columns = 56;
    private const int NameWidth = 15;
    private const int MostLanes = 24;

    internal static IRenderable Render(DemoTransition transition)
    {
        // The time until the latest migration; one that waits is drawn old to the end.
        double length = Math.Max(transition.Threads.Select(thread => thread.AtUs ?? 0).DefaultIfEmpty(0).Max(), 1);
        List<IRenderable> lanes = [Head(transition)];
        ImmutableArray<ThreadMigration> shown = [.. transition.Threads.Take(MostLanes)];
        lanes.AddRange(shown.Select(thread => Lane(thread, length)));
        if (shown.Length < transition.Threads.Length)
        {
            lanes.Add(new Text($"  and {transition.Threads.Length - shown.Length} more", Palette.Label));
        }
        lanes.Add(Legend());
        return new Rows(lanes);
    }

    private static Text Head(DemoTransition transition) => new(
        $"  transition: armed in {Us(transition.ArmUs)}, {transition.Migrated} of {transition.Threads.Length} threads migrated in {Us(transition.LengthUs)}, "
        + $"{transition.Stops} stops" + (transition.Stops == 0 ? "" : $", the longest {Us(transition.LongestStopUs)}"), Palette.Label);

    private static Paragraph Lane(ThreadMigration thread, double length)
    {
        int old = thread.AtUs is { } at ? (int)Math.Round(at / length * (Columns - 1)) : Columns;
        Paragraph lane = new();
        lane.Append($"  {Short(thread.Name)}".PadRight(NameWidth), Palette.Label);
        lane.Append(new string('░', old), Palette.Old);
        lane.Append(new string('█', Columns - old), thread.How == "exited" ? Palette.Label : Palette.New);
        lane.Append($"  {thread.How}" + (thread.AtUs is { } time ? $" at {Us(time)}" : ""), thread.AtUs is null ? Palette.Bad : Palette.Plain);
        return lane;
    }

    private static Paragraph Legend()
    {
        Paragraph legend = new();
        legend.Append(new string(' ', NameWidth));
        legend.Append("░", Palette.Old);
        legend.Append(" old code  ", Palette.Label);
        legend.Append("█", Palette.New);
        legend.Append(" new code   point: went over by itself   outside: idle, sent over by wfpatch", Palette.Label);
        return legend;
    }

    private static string Short(string name) => name.Length <= NameWidth - 3 ? name : name[..(NameWidth - 3)];

    private static string Us(double us) => us < 10_000
        ? us.ToString("0.#", CultureInfo.InvariantCulture) + " us"
        : (us / 1000).ToString("0.#", CultureInfo.InvariantCulture) + " ms";
}
