// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Diffing.Emission;

/// <summary>
/// The symbols of one object patch, each once: globals by name, locals by unit and name. What the running program has is kept
/// apart from what the patch defines, so that a replaced function has both.
/// </summary>
internal sealed class SymbolTable(GlobalIndex oldGlobals)
{
    private readonly List<PatchSymbol> _symbols = [];
    private readonly Dictionary<(string Unit, int Piece, string Name), int> _running = [];
    private readonly Dictionary<string, int> _outside = [];
    private readonly Dictionary<(string Unit, int Piece), int> _defined = [];
    private readonly Dictionary<string, int> _constants = [];
    private readonly Dictionary<int, (UnitDiff Unit, Piece Piece)> _homes = [];

    public int Count => _symbols.Count;

    public PatchSymbol this[int index] => _symbols[index];

    public ImmutableArray<PatchSymbol> ToImmutable() => [.. _symbols];

    /// <summary>Where the old build defines a symbol of the running program; null for one that it does not define.</summary>
    public (UnitDiff Unit, Piece Piece)? HomeOf(int symbol) => _homes.TryGetValue(symbol, out var home) ? home : null;

    /// <summary>The symbol of the running program at an offset of an old piece, and the distance from the symbol to it.</summary>
    public (int Symbol, long Distance) Running(UnitDiff unit, Piece old, long offset)
    {
        var symbol = SymbolAt(old, offset);
        if (HomeOf(unit, old, symbol) is { } home)
        {
            return Running(home.Unit, home.Piece, home.Offset + offset - (long)symbol!.Value);
        }
        string name = symbol?.Name ?? old.SectionName;
        var key = (unit.Unit, old.Index, name);
        if (!_running.TryGetValue(key, out int index))
        {
            bool isPlain = symbol is null && old.Kind == PieceKind.Constant && old.References.IsEmpty && !old.Bytes.IsEmpty;
            ReadOnlyMemory<byte>? content = isPlain ? old.Bytes : (ReadOnlyMemory<byte>?)null;
            index = Add(new PatchSymbol(
                name, symbol is { IsLocal: false } ? "" : unit.Unit, symbol is null ? PatchSymbolKind.Constant : KindOf(old),
                -1, 0, symbol is null || symbol.Size == 0 ? old.Size : symbol.Size, content));
            _running.Add(key, index);
            _homes.Add(index, (unit, old));
        }
        return (index, offset - (long)(symbol?.Value ?? 0));
    }

    /// <summary>A symbol that an object refers to without defining it: another object's of the program, or one of a library.</summary>
    public (int Symbol, long Distance) Outside(string name)
    {
        if (oldGlobals.Find(name) is { } home)
        {
            var (symbol, distance) = Running(home.Unit, home.Piece, home.Offset);
            return (symbol, distance);
        }
        if (!_outside.TryGetValue(name, out int index))
        {
            index = Add(new PatchSymbol(name, "", PatchSymbolKind.Unknown, -1, 0, 0, null));
            _outside.Add(name, index);
        }
        return (index, 0);
    }

    /// <summary>Like <see cref="Running"/>, for a symbol that is in the table already; null for one that is not.</summary>
    public int? FindRunning(UnitDiff unit, Piece old, long offset)
    {
        var symbol = SymbolAt(old, offset);
        return HomeOf(unit, old, symbol) is { } home
            ? FindRunning(home.Unit, home.Piece, home.Offset + offset - (long)symbol!.Value)
            : _running.TryGetValue((unit.Unit, old.Index, symbol?.Name ?? old.SectionName), out int index) ? index : null;
    }

    /// <summary>Like <see cref="Outside"/>, for a symbol of the old build that is in the table already; null for one that is not.</summary>
    public int? FindOutside(string name) => oldGlobals.Find(name) is { } home ? FindRunning(home.Unit, home.Piece, home.Offset) : null;

    /// <summary>A string or literal of the old code.</summary>
    public int OldConstant(ConstantTarget constant, string unit)
    {
        string key = Convert.ToHexString(constant.Content.Span);
        if (!_constants.TryGetValue(key, out int index))
        {
            index = Add(new PatchSymbol(constant.Label, unit, PatchSymbolKind.Constant, -1, 0, (ulong)constant.Content.Length, constant.Content));
            _constants.Add(key, index);
        }
        return index;
    }

    /// <summary>The symbol of an included piece's new body.</summary>
    public int Defined(IncludedPiece included) => _defined[(included.Unit.Unit, included.New.Index)];

    public int Define(IncludedPiece included, int section)
    {
        var piece = included.New;
        // A name that others may have a variable for too is left to the process (SymbolValues).
        bool isNobodysElse = !piece.IsGlobal || (included.IsVariable && !(piece.IsInGroup && piece.Main!.Visibility == 0));
        int index = Add(new PatchSymbol(
            piece.Name, isNobodysElse ? included.Unit.Unit : "", piece.IsNamed ? KindOf(piece) : PatchSymbolKind.Constant, section, 0, piece.Size, null));
        _defined.Add((included.Unit.Unit, piece.Index), index);
        return index;
    }

    public int DefineConstant(string label, int section, ulong offset, ulong size) =>
        Add(new PatchSymbol(label, "", PatchSymbolKind.Constant, section, offset, size, null));

    // All copies of what is in a COMDAT group are one symbol: that of the first object that has it.
    private (UnitDiff Unit, Piece Piece, long Offset)? HomeOf(UnitDiff unit, Piece old, ElfSymbol? symbol) =>
        old.IsInGroup && symbol is { IsLocal: false } shared && oldGlobals.Find(shared.Name) is { } home && (home.Unit != unit || home.Piece != old) ? home : null;

    private int Add(PatchSymbol symbol)
    {
        _symbols.Add(symbol);
        return _symbols.Count - 1;
    }

    // Several symbols in a section (assembler code, or no -fdata-sections): the nearest before the place is meant.
    private static ElfSymbol? SymbolAt(Piece old, long offset) =>
        old.IsShared ? old.Symbols.LastOrDefault(s => (long)s.Value <= offset) ?? old.Main : old.Main;

    private static PatchSymbolKind KindOf(Piece piece) => piece.Kind switch
    {
        PieceKind.Code => PatchSymbolKind.Function,
        PieceKind.ThreadLocal => PatchSymbolKind.ThreadLocal,
        _ => PatchSymbolKind.Data,
    };
}
