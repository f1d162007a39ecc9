// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Wfpatch.Lab.Fuzz;

/// <summary>One line of C, and the types and functions that it needs.</summary>
internal sealed partial record SpiceText(string Statement, params ImmutableArray<string> Helpers)
{
    internal ImmutableArray<string> Globals { get; init; } = [];

    internal IEnumerable<CItem> Items =>
    [
        .. Globals.Select(g => new CItem(ItemKind.Global, Name().Match(g).Value, [g])),
        .. Helpers.Select(h => new CItem(ItemKind.Helper, Name().Match(h).Value, [h])),
    ];

    // What the line defines; what it uses is followed by something else.
    [GeneratedRegex(@"\bwf_[a-z]+_\d+(?=\(| \{|\[| =)")]
    private static partial Regex Name();
}
