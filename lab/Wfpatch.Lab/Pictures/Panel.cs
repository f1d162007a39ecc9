// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Pictures;

/// <summary>Lines over two axes.</summary>
/// <param name="Title">What stands above it; empty: nothing.</param>
/// <param name="Height">Of the field between the axes.</param>
internal sealed record Panel(string Title, Axis X, Axis Y, double Height, ImmutableArray<Series> Series)
{
    /// <summary>Stretches of the horizontal axis, behind all lines.</summary>
    internal ImmutableArray<Band> Bands { get; init; } = [];

    /// <summary>Whether the horizontal axis is named; of panels above each other only the last one's.</summary>
    internal bool NamesX { get; init; } = true;
}

/// <param name="Name">In the legend; empty: not named there.</param>
/// <param name="Points">In order. A point whose Y is not a number ends one line and begins another.</param>
internal sealed record Series(string Name, string Colour, ImmutableArray<(double X, double Y)> Points, bool IsDashed = false);

/// <param name="Colour">#rrggbb.</param>
internal sealed record Band(double Begin, double End, string Colour);
