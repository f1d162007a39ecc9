// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Build.Compilers;

/// <summary>The records of one build: a file for each call of a compiler, beside it (.d) what the compiler read.</summary>
internal static class RecordFolder
{
    private const string DependenciesExtension = ".d";

    public static bool IsRecord(string path) => !path.EndsWith(DependenciesExtension, StringComparison.Ordinal);

    public static ImmutableArray<(CompileRecord Record, string DependencyFile)> Read(string folder) => !Directory.Exists(folder) ? [] :
    [
        .. from path in Directory.EnumerateFiles(folder).Where(IsRecord).Order(StringComparer.Ordinal)
           let record = CompileRecord.Parse(File.ReadAllBytes(path))
           where record is not null
           select (record, path + DependenciesExtension),
    ];

    /// <summary>The object files whose compiler read one of these files, by what the compiler said then.</summary>
    /// <param name="changed">Full paths.</param>
    public static IEnumerable<string> ObjectsThatRead(string folder, IReadOnlySet<string> changed)
    {
        foreach (var (record, ours) in Read(folder))
        {
            string? file = File.Exists(ours) ? ours : record.ValueOf("-MF") is { } theirs ? Path.GetFullPath(theirs, record.Folder) : null;
            if (record.Output is { } output && file is not null && File.Exists(file)
                && DependencyFile.Parse(File.ReadAllText(file)).Any(d => changed.Contains(Path.GetFullPath(d, record.Folder))))
            {
                yield return output;
            }
        }
    }
}
