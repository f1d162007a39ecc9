// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing;

/// <summary>A new piece that goes into the patch.</summary>
/// <param name="Old">What it takes the place of; null for an added one.</param>
internal sealed record IncludedPiece(UnitDiff Unit, Piece New, Piece? Old, string Reason)
{
    public bool IsCode => New.Kind == PieceKind.Code;

    /// <summary>A part of a function (.cold): entered from its function alone.</summary>
    public bool IsPart => Unit.New!.ParentOf(New) is not null;

    public bool IsReplacement => IsCode && Old is not null && !IsPart;

    /// <summary>A new variable.</summary>
    public bool IsVariable => New.Kind == PieceKind.Writable;

    /// <summary>How messages call it.</summary>
    public string Display => New.IsGlobal ? New.Name : $"{New.Name} ({Unit.Unit})";
}

/// <summary>The closed set of what is new: no reference from it leads to a piece of the new build that the running program
/// lacks, unless that piece is in it, or a rule refuses it.</summary>
/// <param name="Spread">Pieces that are the same but refer to changed constants: (unit, new piece) to the constant's name.</param>
internal sealed record ChangeSet(
    ImmutableArray<UnitDiff> Units, GlobalIndex OldGlobals, GlobalIndex NewGlobals, ImmutableArray<IncludedPiece> Included,
    ImmutableDictionary<(string Unit, int Piece), string> Spread, ComdatChoice Comdat)
{
    private readonly Dictionary<(string, int), IncludedPiece> _index = Included.ToDictionary(i => (i.Unit.Unit, i.New.Index));

    /// <summary>New functions that are called once when the patch comes or goes.</summary>
    public ImmutableArray<MarkedCallback> Callbacks { get; init; } = [];

    /// <summary>Variables whose initial value may differ: unit (empty for a global one) and name.</summary>
    public ImmutableHashSet<(string Unit, string Name)> ChangedData { get; init; } = [];

    public IncludedPiece? Find(UnitDiff unit, Piece @new) => _index.GetValueOrDefault((unit.Unit, @new.Index));
}
