// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Text.RegularExpressions;

namespace Wfpatch.Build.Units;

/// <summary>
/// Which files may include others, by names alone: enough to leave out most units before a compiler is asked. An include by
/// a macro may mean any file.
/// </summary>
internal sealed partial class IncludeGraph
{
    private const long LargestFile = 8 << 20;
    private const string Any = "*";

    private readonly Dictionary<string, HashSet<string>> _includers = [];

    /// <summary>Reads all files of these folders, whatever their names end with.</summary>
    public static IncludeGraph Read(IEnumerable<string> folders, CancellationToken cancel)
    {
        var graph = new IncludeGraph();
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 };
        foreach (string path in folders.SelectMany(f => Directory.EnumerateFiles(f, "*", options)).Where(p => !p.Contains("/.git/", StringComparison.Ordinal)))
        {
            cancel.ThrowIfCancellationRequested();
            if (Resolve(path) is FileInfo { Exists: true, Length: <= LargestFile })
            {
                graph.Add(path);
            }
        }
        return graph;
    }

    /// <summary>The file names of these files and of all that may include them, however far.</summary>
    public HashSet<string> Reach(IEnumerable<string> paths)
    {
        var reached = new HashSet<string>(paths.Select(p => Path.GetFileName(p)!));
        var open = new Stack<string>(reached.Append(Any));
        while (open.TryPop(out string? name))
        {
            foreach (string includer in _includers.GetValueOrDefault(name) ?? [])
            {
                if (reached.Add(includer))
                {
                    open.Push(includer);
                }
            }
        }
        return reached;
    }

    /// <summary>What a link leads to in the end, which need not exist; null: a circle. Any other file itself.</summary>
    private static FileSystemInfo? Resolve(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private void Add(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.AsSpan().IndexOf("#"u8) < 0 || bytes.AsSpan().IndexOf("clude"u8) < 0 || bytes.AsSpan(0, Math.Min(bytes.Length, 512)).Contains((byte)0))
        {
            return;
        }
        string includer = Path.GetFileName(path);
        foreach (Match match in Include().Matches(Encoding.Latin1.GetString(bytes)))
        {
            string name = match.Groups[1].Success ? match.Groups[1].Value[(match.Groups[1].Value.LastIndexOf('/') + 1)..] : Any;
            if (!_includers.TryGetValue(name, out var includers))
            {
                _includers.Add(name, includers = []);
            }
            includers.Add(includer);
        }
    }

    [GeneratedRegex(@"^[ \t]*#[ \t]*include(?:_next)?[ \t]*(?:[""<]([^"">\n]+)["">]|[A-Za-z_])", RegexOptions.Multiline)]
    private static partial Regex Include();
}
