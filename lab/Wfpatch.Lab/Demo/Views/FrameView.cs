// SPDX-License-Identifier: Apache-2.0
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Wfpatch.Lab.Demo.Views;

/// <summary>One target, whole: the timeline, the transition, the two replies, and what else is to be said.</summary>
internal static class FrameView
{
    internal static IRenderable Render(DemoFrame frame)
    {
        List<IRenderable> parts = [TimelineView.Render(frame)];
        if (frame.Transition is { } transition)
        {
            parts.Add(TransitionView.Render(transition));
        }
        if (frame.OldReply.Length > 0)
        {
            parts.Add(Reply("old reply", frame.OldReply, Palette.Old));
        }
        if (frame.NewReply.Length > 0)
        {
            parts.Add(Reply("new reply", frame.NewReply, Palette.New));
        }
        parts.AddRange(frame.Notes.Select(note => new Text("  " + note, Palette.Plain)));
        return new Rows(parts);
    }

    private static Paragraph Reply(string label, string reply, Style style)
    {
        Paragraph line = new();
        line.Append($"  {label}".PadRight(15), Palette.Label);
        line.Append(reply, style);
        return line;
    }
}
