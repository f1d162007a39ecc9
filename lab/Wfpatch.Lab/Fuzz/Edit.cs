// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Fuzz;

/// <summary>A kind of change to a source.</summary>
/// <param name="Weight">How often it is chosen, beside the others.</param>
/// <param name="TryMake">The changed program; null where this one has no place for it.</param>
internal sealed record Edit(string Name, int Weight, Func<CProgram, bool, Chance, CProgram?> TryMake)
{
    private const int MostTries = 50;

    internal static ImmutableArray<Edit> All { get; } = [.. StatementEdits.All, .. FunctionEdits.All, .. DeclarationEdits.All];

    private static readonly ImmutableArray<Edit> Weighted = [.. All.SelectMany(e => Enumerable.Repeat(e, e.Weight))];

    /// <summary>Makes one to three edits; gives their names too.</summary>
    internal static (CProgram Program, string Names) Make(CProgram program, bool isCarried, Chance chance)
    {
        int wanted = chance.Percent(70) ? 1 : 2 + chance.Next(2);
        var names = new List<string>();
        for (int tries = 0; names.Count < wanted && tries < MostTries; tries++)
        {
            var edit = chance.Pick(Weighted);
            if (edit.TryMake(program, isCarried, chance) is { } made && made.ToString() != program.ToString())
            {
                program = made;
                names.Add(edit.Name);
            }
        }
        return (program, string.Join(" + ", names));
    }
}
