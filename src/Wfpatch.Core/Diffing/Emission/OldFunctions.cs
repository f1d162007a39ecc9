// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Diffing.Emission;

/// <summary>The functions of the old build that the patch carries, each once, with their holes in terms of symbols.</summary>
internal sealed class OldFunctions(SymbolTable symbols, ComdatCopies copies)
{
    private readonly List<OldFunction> _functions = [];
    private readonly Dictionary<(string Unit, int Piece), int> _index = [];

    /// <summary>Symbols whose address a match gives, whichever copies of functions run.</summary>
    private readonly HashSet<int> _told = [];

    public ImmutableArray<OldFunction> ToImmutable() => [.. _functions];

    public bool Tells(int symbol) => _told.Contains(symbol);

    public bool Contains(UnitDiff unit, Piece old) => _index.ContainsKey((unit.Unit, old.Index));

    /// <summary>Adds a function, unless it is there in any role; its index. With it come the copies that the program may have in its place, and the
    /// pieces that stand apart of what is replaced.</summary>
    public int Add(UnitDiff unit, Piece old, OldFunctionRole role)
    {
        if (_index.TryGetValue((unit.Unit, old.Index), out int present))
        {
            return present;
        }
        bool isReplaced = role == OldFunctionRole.Replaced;
        int index = Add(unit, old, role, -1);
        HashSet<int> told = [.. Told(index)];
        (UnitDiff Unit, Piece Piece)[] others = [.. copies.OthersThan(unit, old)];
        foreach (int part in isReplaced ? AddParts(unit, old, others.Length > 0 ? index : -1) : [])
        {
            told.UnionWith(Told(part));
        }
        foreach (var copy in others)
        {
            int other = Add(copy.Unit, copy.Piece, OldFunctionRole.Copy, index);
            told.IntersectWith([.. Told(other), .. isReplaced ? AddParts(copy.Unit, copy.Piece, other).SelectMany(Told) : []]);
        }
        _told.UnionWith(told);
        return index;
    }

    private List<int> AddParts(UnitDiff unit, Piece old, int of) =>
        [.. unit.Old!.PartsOf(old).Where(p => !Contains(unit, p)).Select(part => Add(unit, part, OldFunctionRole.Part, of))];

    private int Add(UnitDiff unit, Piece old, OldFunctionRole role, int of)
    {
        int entry = symbols.Running(unit, old, 0).Symbol;
        var relocations = ImmutableArray.CreateBuilder<PatchRelocation>(old.References.Length);
        foreach (var reference in old.References.Where(r => RelocationField.WidthOf(r.Type) is not null))
        {
            var (symbol, distance) = Resolve(unit, reference);
            relocations.Add(new PatchRelocation(reference.Field, reference.Type, symbol, distance - reference.Bias));
        }
        _functions.Add(new OldFunction(old.Name, old.IsGlobal ? "" : unit.Unit, role, entry, old.Bytes, relocations.ToImmutable()) { Of = of });
        _index.Add((unit.Unit, old.Index), _functions.Count - 1);
        return _functions.Count - 1;
    }

    // Entries, and what a field leads to without a slot in between.
    private IEnumerable<int> Told(int function) =>
        [_functions[function].Symbol, .. _functions[function].Relocations.Where(r => r.Symbol >= 0 && RelocationField.Tells(r.Type)).Select(r => r.Symbol)];

    /// <summary>Adds data that holds pointers to functions, with those pointers alone.</summary>
    public void AddTable(UnitDiff unit, Piece old)
    {
        if (!_index.TryAdd((unit.Unit, old.Index), -1))
        {
            return;
        }
        int table = symbols.Running(unit, old, 0).Symbol;
        var relocations = ImmutableArray.CreateBuilder<PatchRelocation>();
        foreach (var reference in old.References.Where(r => r is { Type: Elf.RelocationType.Absolute64, Offset: 0 }))
        {
            var (symbol, distance) = Resolve(unit, reference);
            if (symbol >= 0 && distance == 0 && symbols[symbol].Kind == PatchSymbolKind.Function)
            {
                relocations.Add(new PatchRelocation(reference.Field, reference.Type, symbol, 0));
                _told.Add(symbol);
            }
        }
        _functions.Add(new OldFunction(old.Name, old.IsGlobal ? "" : unit.Unit, OldFunctionRole.Table, table, old.Bytes, relocations.ToImmutable()));
        _index[(unit.Unit, old.Index)] = _functions.Count - 1;
    }

    private (int Symbol, long Distance) Resolve(UnitDiff unit, Reference reference)
    {
        switch (reference.Target)
        {
            case PieceTarget inside when unit.Old!.Pieces[inside.Piece] is { IsResolver: true }:
                return (-1, reference.Offset);
            case PieceTarget inside:
                return symbols.Running(unit, unit.Old!.Pieces[inside.Piece], reference.Offset);
            case ExternalTarget outside:
                var (symbol, distance) = symbols.Outside(outside.Name);
                return (symbol, distance + reference.Offset);
            case ConstantTarget constant:
                return (symbols.OldConstant(constant, unit.Unit), reference.Offset);
            default:
                return (-1, reference.Offset);
        }
    }
}
