// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Emission;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Diffing;

/// <summary>All functions of the old build in the form in which a patch carries some of them, so that the whole build can be compared with an
/// installed program.</summary>
public static class OldProgram
{
    /// <returns>An object that changes nothing: it is no content of a patch file. Functions that stand in several objects are there once.</returns>
    public static ObjectPatch Of(ImmutableArray<UnitPair> units, string objectName)
    {
        var old = units.Where(u => u.Old is not null).Select(u => UnitDiff.Of(u with { New = u.Old })).ToImmutableArray();
        var globals = GlobalIndex.OfOld(old);
        var symbols = new SymbolTable(globals);
        var functions = new OldFunctions(symbols, new ComdatCopies(old));
        foreach (var unit in old)
        {
            foreach (var piece in unit.Old!.Pieces.Where(p => p is { IsOneFunction: true, IsResolver: false } && !IsElsewhere(globals, unit, p)))
            {
                functions.Add(unit, piece, OldFunctionRole.Anchor);
            }
        }
        return new ObjectPatch
        {
            ObjectName = objectName,
            BuildId = null,
            Symbols = symbols.ToImmutable(),
            OldFunctions = functions.ToImmutable(),
            Sections = [],
            Replacements = [],
        };
    }

    // The program has one of the copies (COMDAT), or the definition that is not weak.
    private static bool IsElsewhere(GlobalIndex globals, UnitDiff unit, Piece piece) =>
        piece.IsGlobal && globals.Find(piece.Name) is { } home && (home.Unit != unit || home.Piece != piece);
}
