// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Pictures;

/// <summary>What a picture is drawn of. Lengths are units of the picture; colours are #rrggbb.</summary>
internal abstract record Shape;

/// <summary>A line through these points.</summary>
/// <param name="IsDashed">Drawn in short strokes.</param>
internal sealed record Stroke(ImmutableArray<(double X, double Y)> Points, string Colour, double Width, bool IsDashed = false) : Shape;

internal sealed record Box(double X, double Y, double Width, double Height, string Colour) : Shape;

/// <summary>Words in one line.</summary>
/// <param name="Y">Of their base line.</param>
/// <param name="Size">Height of the letters with what is above and below them.</param>
internal sealed record Words(double X, double Y, string Text, string Colour, double Size, Anchor Anchor = Anchor.Start, bool IsBold = false) : Shape;

/// <summary>Which end of words their X is.</summary>
internal enum Anchor
{
    Start = 0,
    Middle = 1,
    End = 2,
}

/// <summary>A whole picture, ready to be written in any format.</summary>
/// <param name="Title">For those who cannot see it.</param>
internal sealed record Drawing(string Title, double Width, double Height, ImmutableArray<Shape> Shapes);
