// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>A report as Markdown; pictures are files beside it.</summary>
internal static class MarkdownView
{
    internal static string Render(ImmutableArray<ReportPart> parts) => string.Join("\n\n", parts.Select(Render)) + "\n";

    internal static string Render(ReportPart part) => part switch
    {
        Heading heading => $"{new string('#', heading.Level)} {Escape(heading.Text)}",
        Paragraph paragraph => Escape(paragraph.Text),
        Bullets bullets => string.Join('\n', bullets.Lines.Select(line => $"- {Escape(line)}")),
        Grid grid => string.Join('\n', [Row(grid.Columns), Row([.. grid.Columns.Select(_ => "---")]), .. grid.Rows.Select(row => Row([.. row.Select(Escape)]))]),
        Picture picture => $"![{Escape(picture.Drawing.Title)}](plots/{picture.Name}.svg)\n\n{Escape(picture.Caption)}",
        _ => throw new ArgumentException($"{part.GetType().Name} is no part of a report", nameof(part)),
    };

    private static string Row(ImmutableArray<string> cells) => $"| {string.Join(" | ", cells)} |";

    /// <summary>What would be markup stands for itself (CommonMark 0.31, backslash escapes); lines of a cell stay apart.</summary>
    private static string Escape(string text) => string.Concat(text.Select(letter => letter switch
    {
        '\n' => "<br>",
        '\\' or '`' or '*' or '<' or '>' or '|' or '[' or ']' or '#' => $"\\{letter}",
        _ => $"{letter}",
    }));
}
