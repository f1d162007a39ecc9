// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;

namespace Wfpatch.Core.Quiescence.Sampling;

/// <summary>A proposal as a profile (TOML, docs/profiles.md) with what was seen as comments. Pure.</summary>
public static class ProposalText
{
    public static string Render(ProfileProposal proposal)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Proposed by wfpatch points from samples of a running {proposal.Program}. Check it: a point must be a place\n");
        text.Append("# where a thread holds nothing of an earlier request (docs/profiles.md).\n#\n");
        foreach (var group in proposal.Groups)
        {
            Describe(text, group);
        }
        text.Append(CultureInfo.InvariantCulture, $"name = {Quote(proposal.Program)}\nexecutables = [{Quote(proposal.Program)}]\n");
        var below = proposal.Below.ToList();
        text.Append("# On the stack of a thread that arrives at a point.\n");
        foreach (var unnamed in below.Where(f => f.Name.Length == 0))
        {
            text.Append(CultureInfo.InvariantCulture, $"# {unnamed.Display} is too, and has no name here: add it when you know it.\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"below = [{string.Join(", ", below.Where(f => f.Name.Length > 0).Select(f => Quote(f.Name)))}]\n");
        foreach (var point in proposal.Points)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n[[point]]\nfunction = {Quote(point.Function.Name)}\n");
            if (point.Function.IsExported)
            {
                text.Append(CultureInfo.InvariantCulture, $"library = {Quote(point.Function.Object)}\n");
            }
            text.Append(CultureInfo.InvariantCulture, $"reason = {Quote($"{point.Reason}; seen on {point.Seen} stacks")}\n");
        }
        if (!proposal.Points.Any())
        {
            text.Append("\n# No point was found, so this is no profile yet: use --policy stack.\n");
        }
        return text.ToString();
    }

    private static void Describe(StringBuilder text, ThreadGroup group)
    {
        text.Append(CultureInfo.InvariantCulture, $"# {group.Name}: {group.Threads.Length} thread(s), {group.Idle} idle and {group.Busy} busy stacks.\n");
        if (group.IdleIn.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"#   idle in: {group.IdleIn}\n");
        }
        if (group.Loop is { } loop)
        {
            text.Append(CultureInfo.InvariantCulture, $"#   loop: {loop.Display} ({loop.Object})\n");
        }
        foreach (var point in group.Points)
        {
            text.Append(CultureInfo.InvariantCulture, $"#   {(point.IsNameable ? "point" : "no name for")}: {point.Function.Display} ({point.Function.Object}), {point.Seen} stacks: {point.Reason}\n");
        }
        if (group.Remark.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"#   {group.Remark}\n");
        }
    }

    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
