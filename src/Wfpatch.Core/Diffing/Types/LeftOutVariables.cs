// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Debugging;
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing.Types;

/// <summary>
/// Variables that an object's source has and its compiler left out: a static variable that nothing in its unit writes is a constant to it, one that
/// nothing reads is not written either. The debug information still names them, without a place (DWARF 5, section 4.1: no DW_AT_location).
/// </summary>
/// <param name="InUnit">Outside of functions, by name, with the lines where they are declared.</param>
/// <param name="InFunctions">In functions, static or not, which nothing tells: by function and name.</param>
internal sealed record LeftOutVariables(ImmutableDictionary<string, ulong> InUnit, ImmutableDictionary<(string Function, string Name), ulong> InFunctions)
{
    /// <summary>Empty where there is no debug information.</summary>
    public static LeftOutVariables Of(ObjectModel unit)
    {
        var inUnit = ImmutableDictionary.CreateBuilder<string, ulong>();
        var inFunctions = ImmutableDictionary.CreateBuilder<(string, string), ulong>();
        foreach (var entry in unit.DebugEntries.All.Where(e => e is { Tag: DebugTag.Variable, HasPlace: false, IsDeclaration: false, Name.Length: > 0 }))
        {
            if (FunctionAround(entry) is { } function)
            {
                inFunctions[(function.Name, entry.Name)] = entry.Line ?? 0;
            }
            else
            {
                inUnit[entry.Name] = entry.Line ?? 0;
            }
        }
        return new LeftOutVariables(inUnit.ToImmutable(), inFunctions.ToImmutable());
    }

    /// <summary>Where the variable is declared that a piece is, or was; null: it is not among these.</summary>
    /// <param name="users">The functions that refer to the piece.</param>
    public ulong? LineOf(Piece piece, IEnumerable<string> users)
    {
        // GCC's static local is name.1234, clang's function.name; parts of a structure that clang took apart are name.0.
        string[] parts = SymbolNames.WithoutNumbers(piece.Name).Split('.');
        return piece is { IsGlobal: false } && parts.Length == 1 && InUnit.TryGetValue(parts[0], out ulong line) ? line
            : users.Append(parts[0]).Select(u => InFunctions.TryGetValue((u, parts[^1]), out ulong inside) ? (ulong?)inside : null).FirstOrDefault(l => l is not null);
    }

    private static DebugEntry? FunctionAround(DebugEntry entry)
    {
        var around = entry.Parent;
        while (around is not null && around.Tag != DebugTag.Subprogram)
        {
            around = around.Parent;
        }
        return around;
    }
}
