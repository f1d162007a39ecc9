// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Net;
using Wfpatch.Lab.Pictures;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>A report as one page that needs nothing beside itself. On a telephone, wide tables move under the finger and the page does not.</summary>
internal static class HtmlView
{
    /// <summary>Letters of a cell that stand in one line.</summary>
    private const int LongestLine = 28;

    private const string Style = """
        body{margin:0 auto;max-width:62rem;padding:0 1rem 4rem;font:1rem/1.5 system-ui,sans-serif;color:#1f2328;background:#fff}
        h1,h2,h3{line-height:1.25;margin:2em 0 .5em}h1{margin-top:1em}
        .wide{overflow-x:auto;margin:1em 0}table{border-collapse:collapse;font-size:.85rem}
        th,td{border:1px solid #d0d7de;padding:.3em .6em;text-align:left;vertical-align:top;white-space:nowrap}
        .long{white-space:pre-line;min-width:14rem}
        th{background:#f6f8fa}tr:nth-child(even) td{background:#fafbfc}
        figure{margin:1.5em 0;max-width:46rem}figure svg{display:block;width:100%;height:auto;border:1px solid #d0d7de}figcaption{font-size:.85rem;color:#57606a;margin-top:.4em}
        """;

    internal static string Render(string title, ImmutableArray<ReportPart> parts) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{Escape(title)}</title>
        <style>
        {Style}
        </style>
        </head>
        <body>
        {string.Join('\n', parts.Select(Render))}
        </body>
        </html>

        """;

    private static string Render(ReportPart part) => part switch
    {
        Heading heading => $"<h{heading.Level}>{Escape(heading.Text)}</h{heading.Level}>",
        Paragraph paragraph => $"<p>{Escape(paragraph.Text)}</p>",
        Bullets bullets => $"<ul>\n{string.Join('\n', bullets.Lines.Select(line => $"<li>{Escape(line)}</li>"))}\n</ul>",
        Grid grid => $"<div class=\"wide\"><table>\n{Row("th", grid.Columns)}\n{string.Join('\n', grid.Rows.Select(row => Row("td", row)))}\n</table></div>",
        Picture picture => $"<figure>\n{SvgText.Render(picture.Drawing)}<figcaption>{Escape(picture.Caption)}</figcaption>\n</figure>",
        _ => throw new ArgumentException($"{part.GetType().Name} is no part of a report", nameof(part)),
    };

    private static string Row(string cell, ImmutableArray<string> cells) =>
        $"<tr>{string.Concat(cells.Select(text => $"<{cell}{(text.Length > LongestLine ? " class=\"long\"" : "")}>{Escape(text)}</{cell}>"))}</tr>";

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
