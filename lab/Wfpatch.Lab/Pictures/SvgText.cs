// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Net;
using System.Text;

namespace Wfpatch.Lab.Pictures;

/// <summary>A drawing as SVG text, for files and to stand inside of a page.</summary>
internal static class SvgText
{
    internal static string Render(Drawing drawing)
    {
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {drawing.Width:0.#} {drawing.Height:0.#}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(drawing.Title)}\" font-family=\"system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif\">\n");
        foreach (Shape shape in drawing.Shapes)
        {
            svg.Append(Render(shape)).Append('\n');
        }
        return svg.Append("</svg>\n").ToString();
    }

    private static string Render(Shape shape) => shape switch
    {
        Box box => string.Create(CultureInfo.InvariantCulture, $"<rect x=\"{box.X:0.#}\" y=\"{box.Y:0.#}\" width=\"{box.Width:0.#}\" height=\"{box.Height:0.#}\" fill=\"{box.Colour}\"/>"),
        Stroke stroke => string.Create(CultureInfo.InvariantCulture,
            $"<polyline points=\"{string.Join(' ', stroke.Points.Select(Point))}\" fill=\"none\" stroke=\"{stroke.Colour}\" stroke-width=\"{stroke.Width:0.#}\" stroke-linejoin=\"round\"{(stroke.IsDashed ? " stroke-dasharray=\"4 3\"" : "")}/>"),
        Words words => string.Create(CultureInfo.InvariantCulture,
            $"<text x=\"{words.X:0.#}\" y=\"{words.Y:0.#}\" font-size=\"{words.Size:0.#}\" fill=\"{words.Colour}\"{AnchorOf(words.Anchor)}{(words.IsBold ? " font-weight=\"bold\"" : "")}>{WebUtility.HtmlEncode(words.Text)}</text>"),
        _ => throw new ArgumentException($"{shape.GetType().Name} is no shape that can be drawn", nameof(shape)),
    };

    private static string Point((double X, double Y) point) => string.Create(CultureInfo.InvariantCulture, $"{point.X:0.#},{point.Y:0.#}");

    private static string AnchorOf(Anchor anchor) => anchor switch
    {
        Anchor.Middle => " text-anchor=\"middle\"",
        Anchor.End => " text-anchor=\"end\"",
        Anchor.Start or _ => "",
    };
}
