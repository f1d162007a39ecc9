// SPDX-License-Identifier: Apache-2.0
using System.Text.RegularExpressions;

namespace Wfpatch.Build.Processes;

/// <summary>The lines of a log that say why a build failed, for a message: the compiler's own words, or else the last lines.</summary>
internal static partial class LogExcerpt
{
    private const int MostLines = 12;
    private const int LongestLine = 300;

    /// <param name="from">Where the part that concerns begins, in bytes.</param>
    public static string[] Read(string log, long from = 0)
    {
        using var stream = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Position = Math.Min(from, stream.Length);
        using var reader = new StreamReader(stream);
        var errors = new List<string>();
        var last = new Queue<string>();
        while (reader.ReadLine() is { } line)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }
            line = line.Length > LongestLine ? line[..LongestLine] : line;
            if (errors.Count < MostLines && Error().IsMatch(line))
            {
                errors.Add(line);
            }
            last.Enqueue(line);
            if (last.Count > MostLines)
            {
                last.Dequeue();
            }
        }
        return errors.Count > 0 ? [.. errors] : [.. last];
    }

    [GeneratedRegex(@"\berror:|undefined reference|multiple definition|\*\*\* \[?|CMake Error|ERROR:|No space left on device|: command not found|: not found$")]
    private static partial Regex Error();
}
