// SPDX-License-Identifier: Apache-2.0
using System.Text.RegularExpressions;

namespace Wfpatch.Build.Compilers;

/// <summary>Which programs of a PATH are compilers for C and C++, by name: cc, gcc, g++, c++, clang, clang++, also with a version or a target triplet.</summary>
internal static partial class CompilerNames
{
    /// <summary>Programs that stand under a compiler's name and call the compiler themselves.</summary>
    private static readonly string[] Launchers = ["ccache", "distcc", "icecc", "sccache"];

    public static bool IsCompiler(string name) => Name().IsMatch(name);

    /// <summary>Each compiler name of these folders with the file that is meant by it: the first one that is no launcher.</summary>
    public static SortedDictionary<string, string> Find(IEnumerable<string> folders)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string folder in folders.Where(Directory.Exists))
        {
            foreach (string path in Directory.EnumerateFiles(folder))
            {
                string name = Path.GetFileName(path);
                if (IsCompiler(name) && !found.ContainsKey(name) && IsExecutable(path) && !IsLauncher(path))
                {
                    found.Add(name, path);
                }
            }
        }
        return found;
    }

    private static bool IsExecutable(string path) =>
        File.Exists(path) && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    private static bool IsLauncher(string path) =>
        new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { } target && Launchers.Contains(target.Name);

    // c89-gcc and c99-gcc are scripts that call gcc, which is watched.
    [GeneratedRegex(@"^(?!c[89]9-)([A-Za-z0-9_]+-)*(cc|gcc|g\+\+|c\+\+|clang|clang\+\+)(-[0-9.]+)?$")]
    private static partial Regex Name();
}
