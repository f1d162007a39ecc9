// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Matching;

/// <summary>A value that a symbol must have, and the old function that says so.</summary>
internal readonly record struct KnownValue(ulong Value, ulong Canonical, int Source);

/// <summary>Two functions that give different values to one symbol.</summary>
internal readonly record struct Conflict(int Symbol, KnownValue Known, ulong Other);

/// <summary>
/// One symbol has one value: places of functions are struck out until nothing changes any more. What all remaining places of a
/// function say is known, even while it is open which of them is the right one.
/// </summary>
internal sealed class Agreement
{
    private readonly Dictionary<(int Symbol, Aspect Aspect), KnownValue> _known = [];
    private readonly List<Placement>[] _open;
    private readonly OldCode[] _functions;
    private readonly Dictionary<int, int> _functionOfSymbol = [];

    private Agreement(OldCode[] functions, List<Placement>[] placements)
    {
        _functions = functions;
        _open = placements;
        Conflicts = new Conflict?[functions.Length];
        for (int i = 0; i < functions.Length; i++)
        {
            _functionOfSymbol.TryAdd(functions[i].Function.Symbol, i);
        }
    }

    public IReadOnlyDictionary<(int Symbol, Aspect Aspect), KnownValue> Known => _known;

    /// <summary>A symbol's own value, as <see cref="Known"/> has it.</summary>
    public KnownValue? Find(int symbol) => _known.TryGetValue((symbol, Aspect.Value), out var known) ? known : null;

    /// <summary>For each function the places that are left.</summary>
    public IReadOnlyList<IReadOnlyList<Placement>> Remaining => _open;

    /// <summary>For each function the contradiction that struck out its last place.</summary>
    public Conflict?[] Conflicts { get; }

    /// <param name="functions">The functions; sources in the result are indexes here.</param>
    /// <param name="placements">Their possible places; the lists are consumed.</param>
    /// <param name="tables">Pointers to functions in the program's data.</param>
    public static Agreement Of(OldCode[] functions, List<Placement>[] placements, PointerTables tables)
    {
        var agreement = new Agreement(functions, placements);
        while (agreement.Step() || agreement.Learn(tables))
        {
        }
        return agreement;
    }

    // The address of a table is known from code; each pointer in it is as good as a call.
    private bool Learn(PointerTables tables)
    {
        bool learnt = false;
        foreach (int table in tables.Symbols)
        {
            if (Find(table) is { } at)
            {
                var told = tables.Read(table, new Address(at.Value));
                bool isSound = told.All(t => Find(t.Symbol) is not { } before || before.Value == t.Value);
                foreach (var (symbol, value) in isSound ? told : [])
                {
                    learnt |= _known.TryAdd((symbol, Aspect.Value), new KnownValue(value, value, at.Source));
                }
            }
        }
        return learnt;
    }

    private bool Step()
    {
        bool changed = false;
        for (int i = 0; i < _open.Length; i++)
        {
            if (_open[i].Count == 0)
            {
                continue;
            }
            changed |= Strike(i);
            changed |= _open[i].Count > 0 && Learn(i);
        }
        return changed;
    }

    private bool Strike(int function)
    {
        var places = _open[function];
        Conflict? last = null;
        int struck = places.RemoveAll(place =>
        {
            var conflict = FindConflict(function, place);
            last = conflict ?? last;
            return conflict is not null;
        });
        if (places.Count == 0)
        {
            Conflicts[function] = last;
        }
        return struck > 0;
    }

    private Conflict? FindConflict(int function, Placement place)
    {
        foreach (var fact in place.Symbols)
        {
            if (_known.TryGetValue(fact.Key, out var known) && known.Value != fact.Value)
            {
                return new Conflict(fact.Symbol, known, fact.Value);
            }
        }
        foreach (var fact in place.Inner)
        {
            int target = _functionOfSymbol[fact.Symbol];
            List<Placement> targets = target == function ? [place] : _open[target];
            if (targets.Count > 0 && !targets.Any(p => p.Positions.AreSame(fact.Offset, fact.Target - p.Running.Code.Start)))
            {
                var first = targets[0].Running.Code.Start.Value;
                return new Conflict(fact.Symbol, new KnownValue(first, first, target), fact.Target.Value);
            }
        }
        return null;
    }

    private bool Learn(int function)
    {
        var places = _open[function];
        bool learnt = false;
        foreach (var fact in places[0].Symbols)
        {
            bool isKnown = _known.TryGetValue(fact.Key, out var known);
            if (isKnown && (known.Canonical != known.Value || fact.Canonical == fact.Value))
            {
                continue;
            }
            if (places.Count == 1 || places.All(p => p.Symbols.Contains(fact)))
            {
                _known[fact.Key] = new KnownValue(fact.Value, fact.Canonical, isKnown ? known.Source : function);
                learnt = true;
            }
        }
        return learnt;
    }
}
