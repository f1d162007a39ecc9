// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Matching;

/// <summary>
/// Of an inline function's copies (<see cref="OldFunctionRole.Copy"/>) the program has one. The function's places are those of all copies that
/// are anywhere; the others, and what belongs to them, are not looked for. Where none is anywhere, the function itself is what is missing.
/// </summary>
internal static class CopyChoice
{
    /// <returns>What is left to be found, each with its places; a copy stands for its function.</returns>
    public static (OldCode[] Codes, (List<Placement> Placements, Mismatch Closest)[] Found) Of(
        ObjectPatch patch, OldCode[] codes, (List<Placement> Placements, Mismatch Closest)[] found)
    {
        var copies = codes.Index().Where(c => c.Item.Function.Role == OldFunctionRole.Copy).ToLookup(c => c.Item.Function.Of, c => c.Index);
        if (copies.Count == 0)
        {
            return (codes, found);
        }
        var left = new List<(OldCode Code, (List<Placement>, Mismatch) Found)>();
        HashSet<int> absent = [];
        foreach (var (i, code) in codes.Index().Where(c => c.Item.Function.Role != OldFunctionRole.Copy))
        {
            int[] present = [.. copies[code.Index].Prepend(i).Where(c => found[c].Placements.Count > 0)];
            int first = present.Length > 0 ? present[0] : i;
            absent.UnionWith(copies[code.Index].Prepend(i).Except(present.Prepend(first)).Select(c => codes[c].Index));
            List<Placement> places = [.. present.SelectMany(c => found[c].Placements).DistinctBy(p => p.Running.Code.Start)];
            left.Add((codes[first].As(code.Index), (places, found[first].Closest)));
        }
        var needed = left.Where(l => !absent.Contains(patch.OldFunctions[l.Code.Index].Of)).ToArray();
        return ([.. needed.Select(l => l.Code)], [.. needed.Select(l => l.Found)]);
    }
}
