// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;

namespace Wfpatch.Build;

/// <summary>Where our build of the running version differs from the installed file, function by function.</summary>
/// <param name="ObjectName">The program or library.</param>
/// <param name="InstalledFile">What it was compared with.</param>
/// <param name="Functions">How many functions our build has.</param>
/// <param name="Different">Those that the installed file does not have like that.</param>
/// <param name="Touched">The names of those among them that the patch replaces or finds its places by.</param>
public sealed record RebuildReport(
    string ObjectName, string InstalledFile, int Functions, ImmutableArray<FunctionDifference> Different, ImmutableArray<string> Touched)
{
    private const int MostNamed = 8;

    /// <summary>For people.</summary>
    public string Sentence
    {
        get
        {
            string all = $"{ObjectName}: {Functions - Different.Length} of {Functions} functions of the build are as in {InstalledFile}";
            if (Different.IsEmpty)
            {
                return all + ".";
            }
            string names = string.Join(", ", Different.Take(MostNamed).Select(d => $"{d.Name} ({d.Why})")) + (Different.Length > MostNamed ? $" and {Different.Length - MostNamed} more" : "");
            string matter = Touched.IsEmpty ? "none of them is touched by this patch" : $"this patch needs {string.Join(", ", Touched)} of them";
            return $"{all}; {Different.Length} differ, {matter}: {names}.";
        }
    }

    internal static RebuildReport Of(ObjectPatch program, ObjectPatch? part, string installedFile, ImmutableArray<FunctionDifference> different)
    {
        var needed = part?.OldFunctions.Where(f => f.Role != OldFunctionRole.Table).Select(f => (f.Name, f.Unit)).ToHashSet() ?? [];
        return new RebuildReport(
            program.ObjectName, installedFile, program.OldFunctions.Count(f => f.Role != OldFunctionRole.Copy), different, [.. different.Where(d => needed.Contains((d.Name, d.Unit))).Select(d => d.Name)]);
    }
}
