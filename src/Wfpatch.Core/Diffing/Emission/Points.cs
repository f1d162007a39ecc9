// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Emission;

/// <summary>The functions that profiles use as quiescence points.</summary>
internal static class Points
{
    public static IEnumerable<Refusal> Add(ChangeSet changes, ImmutableArray<string> names, OldFunctions functions)
    {
        foreach (string name in names)
        {
            var found = changes.Units.Where(u => u.Old is not null)
                .Select(u => (Unit: u, Piece: u.Old!.FindCode(name)))
                .Where(p => p.Piece is { IsOneFunction: true }).ToList();
            if (found.Count == 1)
            {
                functions.Add(found[0].Unit, found[0].Piece!, OldFunctionRole.Point);
                continue;
            }
            yield return DiffRefusals.PointNotFound.About(name, found.Count == 0
                ? $"The quiescence point {name} is no function of the old build."
                : $"The quiescence point {name} is a function of {string.Join(" and of ", found.Select(f => f.Unit.Unit))}; a point must be one function.");
        }
    }
}
