// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Build.Processes;

namespace Wfpatch.Build.Compilers;

/// <summary>
/// A folder that stands first in a build's PATH, with a script for every compiler of the machine. What the build compiles by
/// a compiler's name gets a section for each function and variable, and a record.
/// </summary>
internal sealed class CompilerWatch
{
    private readonly string _folder;
    private readonly SortedDictionary<string, string> _compilers;

    private CompilerWatch(string folder, SortedDictionary<string, string> compilers)
    {
        _folder = folder;
        _compilers = compilers;
    }

    /// <summary>Which compilers there are, and which versions of them as far as their files tell: part of a build's key in the cache.</summary>
    public static string Fingerprint() => string.Join('\n', CompilerNames.Find(PathFolders()).Select(c =>
    {
        var file = new FileInfo(c.Value).ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? new FileInfo(c.Value);
        return string.Create(CultureInfo.InvariantCulture, $"{c.Key} {file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}");
    }).Append(WrapperScript.For("")));

    /// <summary>Writes the scripts. Build systems remember the path of a compiler: one that is there already is not written again.</summary>
    public static CompilerWatch Install(string folder)
    {
        var compilers = CompilerNames.Find(PathFolders());
        Directory.CreateDirectory(folder);
        foreach (var (name, real) in compilers)
        {
            string path = Path.Combine(folder, name);
            string text = WrapperScript.For(real);
            if (!File.Exists(path) || File.ReadAllText(path) != text)
            {
                File.WriteAllText(path + ".new", text);
                File.SetUnixFileMode(path + ".new", (UnixFileMode)0b111_101_101);
                File.Move(path + ".new", path, overwrite: true);
            }
        }
        return new CompilerWatch(folder, compilers);
    }

    public bool HasCompilers => _compilers.Count > 0;

    /// <summary>Lets a tool run under watch. A compiler cache is switched off: it would answer without a record.</summary>
    public ToolRun Watch(ToolRun run, string records)
    {
        Directory.CreateDirectory(records);
        return run.With("PATH", $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}")
            .With(WrapperScript.RecordsVariable, records)
            .With("CCACHE_DISABLE", "1");
    }

    private static string[] PathFolders() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
}
