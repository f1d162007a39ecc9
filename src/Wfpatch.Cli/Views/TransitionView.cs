// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;

namespace Wfpatch.Cli.Views;

/// <summary>A transition's report as text. Pure.</summary>
internal static class TransitionView
{
    public static string Render(TransitionReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(report.Message);
        foreach (var function in report.Functions)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {function.Name,-40} {function.Address} -> {function.NewCode}  {function.Tactic}");
        }
        if (report.Threads.Length > 0 && report.Policy.Length > 0)
        {
            string ways = string.Join(", ", report.Threads.GroupBy(t => t.Path).OrderBy(g => g.Key).Select(g => $"{g.Count()} {Describe(g.Key)}"));
            text.AppendLine(CultureInfo.InvariantCulture, $"  threads: {ways} (policy {report.Policy})");
            text.AppendLine(CultureInfo.InvariantCulture, $"  armed in {Microseconds(report.ArmTime)}, transition {Microseconds(report.TransitionTime)}, {report.Stops} stop(s), longest {Microseconds(report.LongestStop)} (held {Microseconds(report.LongestHeld)})");
        }
        foreach (var thread in report.Threads.Where(t => t.Path == MigrationPath.Pending))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  pending: {thread.Id} {thread.Name}: {thread.Blocker?.Sentence}");
        }
        return text.ToString().TrimEnd();
    }

    private static string Microseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMicroseconds:0} us");

    private static string Describe(MigrationPath path) => path switch
    {
        MigrationPath.Point => "by a quiescence point",
        MigrationPath.Outside => "from outside",
        MigrationPath.Return => "on return from old code",
        MigrationPath.Born => "born in it",
        MigrationPath.Exited => "ended",
        MigrationPath.Staying => "stay",
        _ => "pending",
    };
}
