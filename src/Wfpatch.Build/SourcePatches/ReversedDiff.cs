// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Wfpatch.Build.SourcePatches;

/// <summary>A unified diff that takes back what another one does.</summary>
internal static partial class ReversedDiff
{
    /// <summary>The lines of the diff; what is removed stands behind what is added, which patch(1) does not mind.</summary>
    public static ImmutableArray<string> Of(IEnumerable<DiffedFile> files) =>
    [
        .. files.SelectMany(f => (string[])[$"--- {f.NewName}", $"+++ {f.OldName}", .. f.Hunks.SelectMany(h => h.Select(Reverse))]),
    ];

    private static string Reverse(string line) => line.Length == 0 ? line : line[0] switch
    {
        '+' => "-" + line[1..],
        '-' => "+" + line[1..],
        '@' => Head().Replace(line, "@@ -$2 +$1 @@"),
        _ => line,
    };

    [GeneratedRegex(@"^@@ -(\S+) \+(\S+) @@")]
    private static partial Regex Head();
}
