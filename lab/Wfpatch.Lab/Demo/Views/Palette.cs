// SPDX-License-Identifier: Apache-2.0
using Spectre.Console;

namespace Wfpatch.Lab.Demo.Views;

/// <summary>The colours: one for each generation, so that old and new are told apart everywhere in the same way.</summary>
internal static class Palette
{
    internal static readonly Style Title = new(Color.White, decoration: Decoration.Bold);
    internal static readonly Style Label = new(Color.Grey);
    internal static readonly Style Old = new(Color.SteelBlue1);
    internal static readonly Style New = new(Color.SpringGreen2);
    internal static readonly Style Latency = new(Color.Gold1);
    internal static readonly Style Bad = new(Color.Red1, decoration: Decoration.Bold);
    internal static readonly Style Plain = new(Color.Silver);
}
