// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Pictures;

/// <summary>
/// Draws panels one above the other, with one legend for all. A picture is as wide as a telephone shows it without making its letters too small, and as wide pages can make it larger.
/// </summary>
internal static class Layout
{
    internal const double Width = 480;

    private const double Left = 58, Right = 12, Above = 8, LineHeight = 16, PanelTitle = 16, AxisBelow = 20, Gap = 8, LegendGap = 14;
    private const double TitleSize = 14, WordSize = 11.5, LetterWidth = 6.6, LineWidth = 1.6, Sample = 16;
    private const string Ink = "#1f2328", Faint = "#6b7280", Grid = "#e2e5e9", Paper = "#ffffff";

    internal static Drawing Draw(string title, ImmutableArray<Panel> panels)
    {
        List<Shape> shapes = [new Words(Above, Above + TitleSize, title, Ink, TitleSize, IsBold: true)];
        double y = Legend(shapes, panels, Above + TitleSize + LineHeight);
        foreach (Panel panel in panels)
        {
            y = Draw(shapes, panel, y);
        }
        return new(title, Width, y, [new Box(0, 0, Width, y, Paper), .. shapes]);
    }

    /// <summary>Names in rows, as many in each as fit.</summary>
    /// <returns>Where what follows begins.</returns>
    private static double Legend(List<Shape> shapes, ImmutableArray<Panel> panels, double y)
    {
        ImmutableArray<Series> named = [.. panels.SelectMany(panel => panel.Series).Where(series => series.Name.Length > 0).DistinctBy(series => series.Name)];
        if (named.IsEmpty)
        {
            return y - LineHeight + Gap;
        }
        double x = Above;
        foreach (Series series in named)
        {
            double width = Sample + 4 + (series.Name.Length * LetterWidth) + 12;
            if (x + width > Width)
            {
                (x, y) = (Above, y + LineHeight);
            }
            shapes.Add(new Stroke([(x, y - 4), (x + Sample, y - 4)], series.Colour, 2.5, series.IsDashed));
            shapes.Add(new Words(x + Sample + 4, y, series.Name, Ink, WordSize));
            x += width;
        }
        return y + LegendGap;
    }

    private static double Draw(List<Shape> shapes, Panel panel, double y)
    {
        double top = y + (panel.Title.Length > 0 ? PanelTitle : 0), bottom = top + panel.Height;
        if (panel.Title.Length > 0)
        {
            shapes.Add(new Words(Left, top - 4, panel.Title, Ink, WordSize, IsBold: true));
        }
        shapes.AddRange(panel.Bands.Select(band => new Box(X(panel, band.Begin), top, Math.Max(1, X(panel, band.End) - X(panel, band.Begin)), panel.Height, band.Colour)));
        foreach ((double value, string name) in panel.Y.Ticks)
        {
            double at = Y(panel, value, top);
            shapes.Add(new Stroke([(Left, at), (Width - Right, at)], Grid, 1));
            shapes.Add(new Words(Left - 5, at + 4, name, Faint, WordSize, Anchor.End));
        }
        foreach ((double value, string name) in panel.X.Ticks)
        {
            double at = X(panel, value);
            shapes.Add(new Stroke([(at, top), (at, bottom)], Grid, 1));
            if (panel.NamesX)
            {
                shapes.Add(new Words(at, bottom + 14, name, Faint, WordSize, at > Width - Left ? Anchor.End : Anchor.Middle));
            }
        }
        shapes.AddRange(panel.Series.SelectMany(series => Pieces(series.Points).Select(piece =>
            new Stroke([.. piece.Select(point => (X(panel, point.X), Y(panel, point.Y, top)))], series.Colour, LineWidth, series.IsDashed))));
        shapes.Add(new Words(Left, top + 12, panel.Y.Title, Faint, WordSize));
        if (!panel.NamesX)
        {
            return bottom + Gap;
        }
        shapes.Add(new Words(Width - Right, bottom + 14 + LineHeight, panel.X.Title, Faint, WordSize, Anchor.End));
        return bottom + AxisBelow + LineHeight + Gap;
    }

    private static double X(Panel panel, double value) => Left + (panel.X.At(value) * (Width - Left - Right));

    private static double Y(Panel panel, double value, double top) => top + ((1 - panel.Y.At(value)) * panel.Height);

    private static IEnumerable<ImmutableArray<(double X, double Y)>> Pieces(ImmutableArray<(double X, double Y)> points)
    {
        for (int at = 0; at < points.Length;)
        {
            ImmutableArray<(double X, double Y)> piece = [.. points.Skip(at).TakeWhile(point => !double.IsNaN(point.Y))];
            if (!piece.IsEmpty)
            {
                yield return piece;
            }
            at += piece.Length + 1;
        }
    }
}
