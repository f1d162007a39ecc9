// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Wfpatch.Lab.Demo.Views;

/// <summary>
/// A terminal picture as SVG text: letters as text, blocks and lines as rectangles, since fonts disagree about their size.
/// Spectre.Console exports text and HTML only.
/// </summary>
internal static class SvgPicture
{
    private const double CellWidth = 8;
    private const double CellHeight = 17;
    private const double Margin = 16;
    private const string Eighths = "▁▂▃▄▅▆▇█";
    private const char Shade = '░';
    private const string Background = "#16181d";
    private const string Foreground = "#d0d0d0";

    /// <param name="width">In characters.</param>
    internal static string Render(IRenderable content, int width)
    {
        ImmutableArray<ImmutableArray<Segment>> lines = Lines(content, width);
        StringBuilder svg = new();
        double pixelWidth = (width * CellWidth) + (2 * Margin);
        double pixelHeight = (lines.Length * CellHeight) + (2 * Margin);
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{pixelWidth}\" height=\"{pixelHeight}\" viewBox=\"0 0 {pixelWidth} {pixelHeight}\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{Background}\"/>\n");
        svg.Append("<g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"13\">\n");
        for (int line = 0; line < lines.Length; line++)
        {
            int column = 0;
            foreach (Segment segment in lines[line])
            {
                Draw(svg, segment, line, column);
                column += segment.Text.Length;
            }
        }
        return svg.Append("</g>\n</svg>\n").ToString();
    }

    private static ImmutableArray<ImmutableArray<Segment>> Lines(IRenderable content, int width)
    {
        using StringWriter nowhere = new();
        IAnsiConsole console = AnsiConsole.Create(new()
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.TrueColor,
            Out = new AnsiConsoleOutput(nowhere),
        });
        console.Profile.Width = width;
        console.Profile.Capabilities.Unicode = true;
        return [.. Segment.SplitLines(content.GetSegments(console)).Select(line => line.ToImmutableArray())];
    }

    private static void Draw(StringBuilder svg, Segment segment, int line, int column)
    {
        string colour = segment.Style.Foreground == Color.Default ? Foreground : $"#{segment.Style.Foreground.ToHex().ToLowerInvariant()}";
        int at = 0;
        while (at < segment.Text.Length)
        {
            char letter = segment.Text[at];
            int end = at + 1;
            bool block = IsDrawn(letter);
            while (end < segment.Text.Length
                && (block ? segment.Text[end] == letter : !IsDrawn(segment.Text[end])))
            {
                end++;
            }
            if (Arms(letter) is { } arms)
            {
                Cross(svg, arms, end - at, colour, line, column + at);
            }
            else if (block)
            {
                int eighths = letter == Shade ? Eighths.Length : Eighths.IndexOf(letter, StringComparison.Ordinal) + 1;
                Block(svg, eighths, end - at, colour, line, column + at);
            }
            else
            {
                Words(svg, segment.Text[at..end], segment.Style.Decoration.HasFlag(Decoration.Bold), colour, line, column + at);
            }
            at = end;
        }
    }

    private static bool IsDrawn(char letter) => letter == Shade || Eighths.Contains(letter, StringComparison.Ordinal) || Arms(letter) is not null;

    /// <summary>Where the lines of a box drawing character end, as shares of its cell: left, right, top, bottom. Null for others.</summary>
    private static (double Left, double Right, double Top, double Bottom)? Arms(char letter) => letter switch
    {
        '─' => (0, 1, 0.5, 0.5),
        '│' => (0.5, 0.5, 0, 1),
        '╭' => (0.5, 1, 0.5, 1),
        '╮' => (0, 0.5, 0.5, 1),
        '╰' => (0.5, 1, 0, 0.5),
        '╯' => (0, 0.5, 0, 0.5),
        '├' => (0.5, 1, 0, 1),
        '┤' => (0, 0.5, 0, 1),
        '┬' => (0, 1, 0.5, 1),
        '┴' => (0, 1, 0, 0.5),
        '┼' => (0, 1, 0, 1),
        _ => null,
    };

    private static void Cross(
        StringBuilder svg, (double Left, double Right, double Top, double Bottom) ends, int count, string colour, int line, int column)
    {
        double top = Margin + (line * CellHeight);
        if (ends.Right > ends.Left)
        {
            double width = ((count - 1) * CellWidth) + ((ends.Right - ends.Left) * CellWidth);
            Rectangle(svg, X(column) + (ends.Left * CellWidth), top + (CellHeight / 2), width, 1, colour);
        }
        for (int each = 0; each < count && ends.Bottom > ends.Top; each++)
        {
            Rectangle(svg, X(column + each) + (CellWidth / 2), top + (ends.Top * CellHeight), 1, (ends.Bottom - ends.Top) * CellHeight, colour);
        }
    }

    private static void Block(StringBuilder svg, int eighths, int count, string colour, int line, int column)
    {
        double height = (CellHeight - 3) * eighths / 8;
        double top = Margin + ((line + 1) * CellHeight) - 2 - height;
        Rectangle(svg, X(column), top, count * CellWidth, height, colour);
    }

    private static void Rectangle(StringBuilder svg, double x, double y, double width, double height, string colour) =>
        svg.Append(CultureInfo.InvariantCulture,
            $"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\" fill=\"{colour}\"/>\n");

    /// <summary>Each word stands at its own column, so that columns hold whatever the font.</summary>
    private static void Words(StringBuilder svg, string text, bool bold, string colour, int line, int column)
    {
        int start = column;
        foreach (string word in text.Split(' '))
        {
            if (word.Length > 0)
            {
                svg.Append(CultureInfo.InvariantCulture,
                    $"<text x=\"{X(start)}\" y=\"{Margin + ((line + 1) * CellHeight) - 5:0.##}\" fill=\"{colour}\"{(bold ? " font-weight=\"bold\"" : "")}>{Escape(word)}</text>\n");
            }
            start += word.Length + 1;
        }
    }

    private static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal);

    private static double X(int column) => Margin + (column * CellWidth);
}
