// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build.Compilers;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Units;

/// <summary>
/// A source may be compiled several times, for several programs. Build systems put the program's name into the object's path:
/// CMake TARGET.dir/, Meson TARGET.p/, automake TARGET-source.o.
/// </summary>
internal static class UnitChoice
{
    /// <param name="program">The program's or library's file name; empty where none was named.</param>
    public static (ImmutableArray<CompileRecord> Units, Refusal? Refusal) For(ImmutableArray<CompileRecord> units, string program)
    {
        var chosen = ImmutableArray.CreateBuilder<CompileRecord>();
        foreach (var same in units.GroupBy(u => Path.GetFullPath(u.Sources.First(), u.Folder)))
        {
            var all = same.ToList();
            var own = all.Count == 1 ? all : all.Where(u => program.Length > 0 && IsOf(u.Output!, program)).ToList();
            if (own.Count != 1)
            {
                string source = all[0].Sources.First();
                return ([], BuildRefusals.AmbiguousObject.About(source,
                    $"{source} is compiled {all.Count} times ({string.Join(", ", all.Select(u => Path.GetFileName(u.Output)))}); name the program that is meant with --object."));
            }
            chosen.Add(own[0]);
        }
        return (chosen.ToImmutable(), null);
    }

    private static bool IsOf(string output, string program)
    {
        int suffix = program.IndexOf(".so", StringComparison.Ordinal);
        string stem = suffix < 0 ? program : program[..suffix];
        string target = suffix >= 0 && stem.StartsWith("lib", StringComparison.Ordinal) ? stem[3..] : stem;
        string[] folders = [$"{program}.dir", $"{stem}.dir", $"{target}.dir", $"{program}.p"];
        return output.Split('/').Intersect(folders).Any()
            || Path.GetFileName(output).StartsWith(stem + "-", StringComparison.Ordinal)
            || Path.GetFileName(output).StartsWith(stem + "_la-", StringComparison.Ordinal);
    }
}
