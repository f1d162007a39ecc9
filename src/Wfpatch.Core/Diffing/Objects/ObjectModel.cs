// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Debugging;
using Wfpatch.Core.Diffing.Types;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Diffing.Objects;

/// <summary>An object file by its pieces and what they refer to.</summary>
/// <param name="Unit">How local symbols of this object are told from those of others.</param>
internal sealed record ObjectModel(string Unit, ElfFile File, ImmutableArray<Piece> Pieces, ImmutableDictionary<int, int> PieceOfSection)
{
    private ExceptionTables? _exceptionTables;
    private ILookup<int, int>? _referrers;
    private Dictionary<string, int>? _byName;
    private ElfFile? _whole;
    private DebugEntries? _debugEntries;
    private SourcePlaces? _places;
    private TypeLayouts? _types;

    /// <summary>What the functions unwind by.</summary>
    public ExceptionTables ExceptionTables => _exceptionTables ??= ExceptionTables.Of(this);

    /// <summary>Its debug information.</summary>
    public DebugEntries DebugEntries => _debugEntries ??= DebugEntries.Of(Whole);

    /// <summary>Where its functions and variables stand in the sources.</summary>
    public SourcePlaces Places => _places ??= SourcePlaces.Of(Whole, DebugEntries);

    public TypeLayouts Types => _types ??= TypeLayouts.Of(this);

    private ElfFile Whole => _whole ??= File.IsLoadedAlone ? File.DebugFiles?.Reopen() ?? File : File;

    /// <summary>The pieces that refer to a piece, each once.</summary>
    public IEnumerable<Piece> ReferrersOf(int piece)
    {
        _referrers ??= Pieces
            .SelectMany(p => p.References.Select(r => r.Target).OfType<PieceTarget>().Select(t => (Target: t.Piece, Referrer: p.Index)).Distinct())
            .ToLookup(p => p.Target, p => p.Referrer);
        return _referrers[piece].Select(i => Pieces[i]);
    }

    /// <summary>The code piece of that name, or null.</summary>
    public Piece? FindCode(string name)
    {
        if (_byName is null)
        {
            _byName = [];
            foreach (var piece in Pieces.Where(p => p.Kind == PieceKind.Code))
            {
                foreach (var symbol in piece.Symbols)
                {
                    _byName.TryAdd(symbol.Name, piece.Index);
                }
            }
        }
        return _byName.TryGetValue(name, out int index) ? Pieces[index] : null;
    }

    /// <summary>The function that a split-off part (.cold) belongs to; null for a whole function.</summary>
    public Piece? ParentOf(Piece piece) =>
        piece.Kind == PieceKind.Code && SymbolNames.ParentOfPart(piece.Name) is { } parent ? FindCode(parent) : null;

    /// <summary>The parts that were split off a function.</summary>
    public IEnumerable<Piece> PartsOf(Piece piece) => Pieces.Where(p => p.Kind == PieceKind.Code && p != piece && ParentOf(p) is { } parent && parent.Index == piece.Index);
}
