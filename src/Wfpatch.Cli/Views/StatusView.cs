// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;
using Wfpatch.Live.Controllers;

namespace Wfpatch.Cli.Views;

/// <summary>A status as text. Pure.</summary>
internal static class StatusView
{
    public static string Render(StatusReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(report.Message);
        foreach (var generation in report.Generations)
        {
            string line = string.Create(CultureInfo.InvariantCulture, $"  generation {generation.Id,-4} {generation.State,-8} {generation.PatchName} {generation.Patch}");
            text.AppendLine(line.TrimEnd());
        }
        foreach (var waiting in report.Waiting)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  waiting         {waiting.PatchName} {waiting.PatchId}, for {waiting.ObjectName} to be loaded");
        }
        foreach (var group in report.Threads.GroupBy(t => t.Generation).OrderBy(g => g.Key))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  in generation {group.Key}: {group.Count()} thread(s)");
        }
        uint newest = report.Threads.Length == 0 ? 0 : report.Threads.Max(t => t.Generation);
        foreach (var thread in report.Threads.Where(t => report.Canaries > 0 && t.Generation == newest && newest == report.Generations.Max(g => g.Id)))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  canary: {thread.Id} {thread.Name}");
        }
        foreach (var thread in report.Threads.Where(t => t.Blocker is not null))
        {
            string frame = thread.Blocker!.Frame >= 0 ? $" (frame {thread.Blocker.Frame}, {thread.Blocker.At})" : "";
            text.AppendLine(CultureInfo.InvariantCulture, $"  pending: {thread.Id} {thread.Name}: {thread.Blocker.Sentence}{frame}");
        }
        return text.ToString().TrimEnd();
    }
}
