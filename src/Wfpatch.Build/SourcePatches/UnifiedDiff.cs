// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Wfpatch.Build.SourcePatches;

/// <summary>One file of a unified diff: its names as they stand there, and its hunks with their @@ lines.</summary>
internal sealed record DiffedFile(string OldName, string NewName, ImmutableArray<ImmutableArray<string>> Hunks)
{
    private const string Nothing = "/dev/null";

    /// <summary>The name of the file that is changed, added or removed, without its first folders; null where it has fewer.</summary>
    public string? Name(int strip)
    {
        string[] parts = (NewName == Nothing ? OldName : NewName).Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length > strip ? string.Join('/', parts[strip..]) : null;
    }

    public bool IsAdded => OldName == Nothing;

    /// <summary>True for names that lead out of the tree that the diff is for, or are none.</summary>
    public bool IsElsewhere => new[] { OldName, NewName }.Any(n => n.Contains('\0', StringComparison.Ordinal)
        || (n != Nothing && (n.StartsWith('/') || n.Split('/').Contains(".."))));
}

/// <summary>Reads unified diffs: what diff -u and git write. (POSIX, diff, "Diff -u Output Format".)</summary>
internal static partial class UnifiedDiff
{
    public static ImmutableArray<DiffedFile> Read(IReadOnlyList<string> lines)
    {
        var files = ImmutableArray.CreateBuilder<DiffedFile>();
        for (int i = 0; i + 1 < lines.Count; i++)
        {
            if (!lines[i].StartsWith("--- ", StringComparison.Ordinal) || !lines[i + 1].StartsWith("+++ ", StringComparison.Ordinal))
            {
                continue;
            }
            string old = NameIn(lines[i]);
            string @new = NameIn(lines[i + 1]);
            i += 2;
            var hunks = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
            while (i < lines.Count && HunkHead().Match(lines[i]) is { Success: true } head)
            {
                int end = EndOfHunk(lines, i, head);
                hunks.Add([.. lines.Skip(i).Take(end - i)]);
                i = end;
            }
            files.Add(new DiffedFile(old, @new, hunks.ToImmutable()));
            i--;
        }
        return files.ToImmutable();
    }

    // The head says how many lines of either side follow: a removed line "-- x" looks like the next file's head.
    private static int EndOfHunk(IReadOnlyList<string> lines, int start, Match head)
    {
        int old = Count(head.Groups[1]);
        int @new = Count(head.Groups[2]);
        int at = start + 1;
        for (; at < lines.Count && (old > 0 || @new > 0); at++)
        {
            char kind = lines[at].Length == 0 ? ' ' : lines[at][0];
            old -= kind is ' ' or '-' ? 1 : 0;
            @new -= kind is ' ' or '+' ? 1 : 0;
        }
        return at < lines.Count && lines[at].StartsWith('\\') ? at + 1 : at;
    }

    private static int Count(Group group) => group.Success && int.TryParse(group.Value, out int count) ? count : 1;

    private static string NameIn(string line) => line[4..].Split('\t')[0].Trim().Trim('"');

    [GeneratedRegex(@"^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")]
    private static partial Regex HunkHead();
}
