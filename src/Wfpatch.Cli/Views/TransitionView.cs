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
        foreach (string line in AttemptLines(report))
        {
            text.AppendLine(line);
        }
        foreach (var thread in report.Threads.Where(t => t.Path == MigrationPath.Pending))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  pending: {thread.Id} {thread.Name}: {thread.Blocker?.Sentence}");
        }
        return text.ToString().TrimEnd();
    }

    /// <summary>How often and how long threads waited for each other.</summary>
    public static IEnumerable<string> AttemptLines(TransitionReport report)
    {
        const int MostNamed = 3;
        if (!report.Attempts.IsEmpty)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"  all threads at once: {report.Attempts.Length} attempt(s), longest wait {Microseconds(report.LongestWait)}");
        }
        foreach (var (attempt, number) in report.Attempts.Select((a, i) => (a, i + 1)).Where(a => !a.a.Missing.IsEmpty))
        {
            string names = string.Join(", ", attempt.Missing.Take(MostNamed).Select(m => $"{m.Id} {m.Name}")) + (attempt.Missing.Length > MostNamed ? ", ..." : "");
            yield return string.Create(CultureInfo.InvariantCulture, $"    attempt {number}: {attempt.Held} waited {Microseconds(attempt.Waited)}, {attempt.Missing.Length} missing: {names}");
        }
    }

    private static string Microseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMicroseconds:0} us");

    private static string Describe(MigrationPath path) => path switch
    {
        MigrationPath.Point => "by a quiescence point",
        MigrationPath.Outside => "from outside",
        MigrationPath.Return => "on return from old code",
        MigrationPath.Born => "born in it",
        MigrationPath.Together => "at once",
        MigrationPath.Exited => "ended",
        MigrationPath.Staying => "stay",
        _ => "pending",
    };
}
