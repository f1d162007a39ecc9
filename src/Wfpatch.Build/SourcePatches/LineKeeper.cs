// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.RegularExpressions;

namespace Wfpatch.Build.SourcePatches;

/// <summary>
/// Keeps the line numbers of what a source patch does not touch: behind a function whose length changed a #line directive
/// says which line it was. Else each later function of the file that asserts or logs with __LINE__ would be a changed one
/// (docs/decisions/0030). (C17, 6.10.4: the directive numbers the line after it.)
/// </summary>
internal static partial class LineKeeper
{
    private static readonly string[] Extensions = [".c", ".cc", ".cp", ".cpp", ".cxx", ".c++", ".C", ".h", ".hh", ".hpp", ".hxx", ".h++", ".H", ".inl", ".ipp", ".tcc"];

    public static bool IsFor(string path) => Extensions.Contains(Path.GetExtension(path));

    /// <summary>The new text with such directives; the new text itself where there is nothing to keep, or no safe place.</summary>
    public static string Keep(string oldText, string newText)
    {
        string[] old = oldText.Split('\n');
        string[] @new = newText.Split('\n');
        // Within a raw string a directive would be text.
        if (newText.Contains("R\"", StringComparison.Ordinal) || LineDiff.Match(old, @new) is not { } match)
        {
            return newText;
        }
        var kept = new List<string>(@new.Length + 4);
        int shift = 0; // what the compiler adds to a line's number in the new text
        for (int i = 0; i < @new.Length; i++)
        {
            kept.Add(@new[i]);
            // The last piece is what follows the file's last line end: nothing.
            if (i + 2 < @new.Length && match[i + 1] >= 0 && match[i + 1] != i + 1 + shift && IsBetween(@new, i))
            {
                kept.Add(string.Create(CultureInfo.InvariantCulture, $"#line {match[i + 1] + 1}"));
                shift = match[i + 1] - (i + 1);
            }
        }
        return string.Join('\n', kept);
    }

    // Between two things of the outermost level, as far as their first columns tell, and not within a macro's definition.
    private static bool IsBetween(string[] lines, int i) =>
        EndsOutermost().IsMatch(lines[i]) ? !lines[i + 1].StartsWith(')') && !lines[i + 1].StartsWith(',')
        : string.IsNullOrWhiteSpace(lines[i]) && (i == 0 || !lines[i - 1].TrimEnd().EndsWith('\\')) && BeginsOutermost().IsMatch(lines[i + 1]);

    [GeneratedRegex(@"^\}[^\\]*$")]
    private static partial Regex EndsOutermost();

    [GeneratedRegex("^[A-Za-z_#/]")]
    private static partial Regex BeginsOutermost();
}
