// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Wfpatch.Core.Refusals;
using Wfpatch.Testing;

namespace Wfpatch.Core.Tests.Codes;

/// <summary>Renders docs/codes.md: the exit codes of the command line and the one table of refusals.</summary>
internal static partial class CodesPage
{
    /// <summary>What the first digit of a code says (<see cref="RefusalKind"/>).</summary>
    private static readonly Dictionary<char, string> Areas = new()
    {
        ['1'] = "1xx: patch files, profiles, ELF files",
        ['2'] = "2xx: building and comparing",
        ['3'] = "3xx: the run-pre match",
        ['4'] = "4xx: redirects",
        ['5'] = "5xx: linking",
        ['6'] = "6xx: the target",
        ['7'] = "7xx: generations and transitions",
    };

    private static readonly Dictionary<string, string> ExitMeanings = new()
    {
        ["Done"] = "It is done, or there was nothing to do (the patch is in force already).",
        ["Refused"] = "It cannot be done, for the reasons that are listed; for `verify`: someone else changed what is listed. A patch that is refused has changed no code of the target.",
        ["Usage"] = "The command line is wrong, or a file that it names cannot be read or written.",
        ["Pending"] = "The time is over, or Ctrl-C ended the wait, and threads are still in the old generation. The target runs on in both versions; the same command again goes on waiting, `revert` takes it back. `status` gives this while a transition is open.",
        ["Gone"] = "There is no such process, or it ended meanwhile.",
        ["Canary"] = "As many threads as `--canary` asked for are in the new generation; the others stay in the old one until `advance` or `revert`. `status` gives this while that is so.",
        ["Unchanged"] = "`build` alone: the two builds differ in no function, so that there is nothing to patch. No file is written.",
        ["Denied"] = "You may not look into or change the process.",
    };

    public static string Render()
    {
        var text = new StringBuilder("""
            <!-- SPDX-License-Identifier: Apache-2.0 -->
            <!-- Generated from src/Wfpatch.Core/Refusals and src/Wfpatch.Cli/ExitCode.cs by the tests; WFPATCH_ACCEPT=1 writes it anew. -->
            # Exit codes and refusals

            ## Exit codes

            | code | `result` in JSON | meaning |
            | --- | --- | --- |

            """);
        foreach (var (name, code) in ReadExitCodes())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {code} | {name.ToLowerInvariant()} | {ExitMeanings[name]} |\n");
        }
        text.Append("""

            ## Refusals

            What cannot be done correctly is refused with one of these codes, the subject (function, symbol, section, thread or
            file) and a sentence about it. A code keeps its meaning for ever. All that is against a patch is reported at once,
            as far as it can be found without the things that are missing.

            """);
        foreach (var area in RefusalTable.All.OrderBy(k => k.Code, StringComparer.Ordinal).GroupBy(k => k.Code[2]))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n### {Areas[area.Key]}\n\n| code | name | meaning | what to do |\n| --- | --- | --- | --- |\n");
            foreach (var kind in area)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {kind.Code} | {kind.Name} | {kind.Meaning} | {kind.Remedy} |\n");
            }
        }
        return text.ToString();
    }

    /// <summary>The constants of the command line's ExitCode: these tests do not load that program, so its source is read.</summary>
    public static (string Name, int Code)[] ReadExitCodes() =>
    [
        .. ExitConstant().Matches(File.ReadAllText(RepositoryRoot.Combine("src", "Wfpatch.Cli", "ExitCode.cs")))
            .Select(m => (m.Groups[1].Value, int.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture)))
            .OrderBy(c => c.Item2),
    ];

    public static IEnumerable<string> DescribedExitCodes => ExitMeanings.Keys;

    [GeneratedRegex(@"public const int (\w+) = (\d+);")]
    private static partial Regex ExitConstant();
}
