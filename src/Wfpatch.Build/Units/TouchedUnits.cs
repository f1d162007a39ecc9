// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Collections.Immutable;
using Wfpatch.Build.Compilers;

namespace Wfpatch.Build.Units;

/// <summary>Finds the units of a database that read one of the changed files.</summary>
internal static class TouchedUnits
{
    /// <param name="changed">Full paths of files as they are before the change.</param>
    public static async Task<ImmutableArray<CompileRecord>> FindAsync(
        ImmutableArray<CompileRecord> units, string root, IReadOnlySet<string> changed, UnitCompiler compiler, CancellationToken cancel)
    {
        var folders = units.Select(u => u.Folder).Distinct().Where(f => !IsWithin(f, root)).ToList();
        var graph = IncludeGraph.Read([root, .. folders.Where(f => !folders.Any(o => o != f && IsWithin(f, o))).Where(Directory.Exists)], cancel);
        var names = graph.Reach(changed);
        var touched = new ConcurrentBag<CompileRecord>();
        await Parallel.ForEachAsync(units, cancel, async (unit, _) =>
        {
            string source = Path.GetFullPath(unit.Sources.First(), unit.Folder);
            if (changed.Contains(source))
            {
                touched.Add(unit);
            }
            else if (names.Contains(Path.GetFileName(source)) || unit.Arguments.Any(a => a is "-include" or "-imacros"))
            {
                // A unit that the compiler cannot tell about is taken along: compiling it says why.
                if (await compiler.ReadsAsync(unit) is not { } reads || reads.Any(changed.Contains))
                {
                    touched.Add(unit);
                }
            }
        });
        return [.. touched.OrderBy(u => u.Sources.First(), StringComparer.Ordinal).ThenBy(u => u.Output, StringComparer.Ordinal)];
    }

    private static bool IsWithin(string path, string folder) => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);
}
