// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Wfpatch.Build.Compilers;

namespace Wfpatch.Build.Units;

/// <summary>What "make -n -w" prints: the commands of a build that nobody carries out. (GNU make manual, "Instead of Executing Recipes".)</summary>
internal static partial class MakeTrace
{
    private static readonly string[] Separators = ["&&", ";", "||", "|"];

    // What they are given is said, not done.
    private static readonly string[] Sayers = ["echo", "printf", ":"];

    private static readonly string[] LibtoolOptions = ["-prefer-pic", "-prefer-non-pic", "-no-suppress", "-shared", "-static"];

    /// <summary>The calls that make one object each, with the folders that make says it is in.</summary>
    /// <param name="compilerOf">The compiler's path for a word that names one; null where it names none.</param>
    /// <exception cref="InvalidOperationException">Several of make's children were at work at once (-j): it cannot be told which folder a command is for.</exception>
    public static ImmutableArray<CompileRecord> Read(IEnumerable<string> lines, Func<string, string?> compilerOf)
    {
        var folders = new Stack<string>();
        var calls = ImmutableArray.CreateBuilder<CompileRecord>();
        string unfinished = "";
        foreach (string line in lines)
        {
            string whole = unfinished + line;
            if (whole.EndsWith('\\'))
            {
                unfinished = whole[..^1] + " ";
                continue;
            }
            unfinished = "";
            if (Folder().Match(whole) is { Success: true } folder)
            {
                if (folder.Groups[1].Value == "Entering")
                {
                    folders.Push(folder.Groups[2].Value);
                }
                else if (folders.TryPop(out string? left) && left != folder.Groups[2].Value)
                {
                    throw new InvalidOperationException($"make left {folder.Groups[2].Value} while it was in {left}: a dry run must do one thing after the other (make -j1)");
                }
            }
            else if (folders.TryPeek(out string? inside))
            {
                calls.AddRange(CallsIn(whole, inside, compilerOf));
            }
        }
        return calls.ToImmutable();
    }

    private static IEnumerable<CompileRecord> CallsIn(string command, string folder, Func<string, string?> compilerOf)
    {
        var words = ShellWords.Split(command);
        for (int start = 0; start < words.Length; start++)
        {
            int end = start;
            while (end < words.Length && !Separators.Contains(words[end]))
            {
                end++;
            }
            // What stands before the compiler (libtool, a launcher) calls it.
            int at = start < end && Sayers.Contains(words[start]) ? -1 : Enumerable.Range(start, end - start).FirstOrDefault(i => compilerOf(words[i]) is not null, -1);
            if (at >= 0 && new CompileRecord(folder, compilerOf(words[at])!, ForCompiler(words[start..at], words[(at + 1)..end])) is { MakesObject: true } call)
            {
                yield return call;
            }
            start = end;
        }
    }

    // What libtool tells the compiler for an object of a shared library. Where it makes one for an archive as well, that one is in nobody's process:
    // convenience libraries, too, are made of the former. Its own options stand among the compiler's. (Libtool manual, "Compile mode".)
    private static ImmutableArray<string> ForCompiler(ImmutableArray<string> before, ImmutableArray<string> words)
    {
        if (!before.Contains("--mode=compile"))
        {
            return words;
        }
        bool isForArchive = before.Contains("--tag=disable-shared") || words.Any(w => w is "-prefer-non-pic" or "-static");
        return [.. words.Where(w => !LibtoolOptions.Contains(w)), .. isForArchive ? Array.Empty<string>() : ["-fPIC", "-DPIC"]];
    }

    [GeneratedRegex(@"^g?make(?:\[\d+\])?: (Entering|Leaving) directory '(.*)'$")]
    private static partial Regex Folder();
}
