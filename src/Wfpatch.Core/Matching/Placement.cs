// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Matching;

/// <summary>One symbol has one value, if the function stands at this place.</summary>
/// <param name="Value">Where the symbol really is: behind a procedure linkage table, if a hole led there.</param>
/// <param name="Canonical">The table's entry where the program takes that for the function's address (a program that is not
/// position independent); else equal to <paramref name="Value"/>.</param>
internal readonly record struct SymbolFact(int Symbol, ulong Value, ulong Canonical)
{
    public Aspect Aspect { get; init; }

    public (int Symbol, Aspect Aspect) Key => (Symbol, Aspect);
}

/// <summary>What of a symbol a value is.</summary>
internal enum Aspect : byte
{
    /// <summary>Its address, or the offset of a thread-local variable from the thread pointer.</summary>
    Value = 0,

    /// <summary>The number of a thread-local variable's module.</summary>
    Module = 1,

    /// <summary>The offset of a thread-local variable within its module's block.</summary>
    ModuleOffset = 2,
}

/// <summary>A hole leads to this place inside the function of a symbol, <paramref name="Offset"/> bytes from its start in the old build.</summary>
internal readonly record struct InnerFact(int Symbol, long Offset, Address Target);

/// <summary>A place where an old function may stand, with all that follows from it.</summary>
internal sealed record Placement(RunningFunction Running, ImmutableArray<SymbolFact> Symbols, ImmutableArray<InnerFact> Inner, PositionMap Positions);

internal enum MismatchKind : byte
{
    /// <summary>Nothing was compared.</summary>
    None = 0,

    /// <summary>The code differs.</summary>
    Code = 1,
    Constant = 2,
    Import = 3,

    /// <summary>Two holes of the function give different values to one symbol.</summary>
    Contradiction = 4,

    /// <summary>A slot that a hole leads to cannot be read.</summary>
    Unreadable = 5,
}

/// <summary>Why a function does not stand at a place.</summary>
/// <param name="Offset">Offset in the old code of the first difference.</param>
/// <param name="Symbol">The symbol that is concerned, or -1.</param>
/// <param name="Found">What was found instead, in words.</param>
internal readonly record struct Mismatch(MismatchKind Kind, Address Place, int Offset, int Symbol, string Found)
{
    /// <summary>Greater is closer to a match.</summary>
    public int Closeness => Kind is MismatchKind.None or MismatchKind.Code ? Offset : int.MaxValue;
}
