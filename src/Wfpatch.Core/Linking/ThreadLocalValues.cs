// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Linking;

/// <summary>
/// How new code finds each thread-local variable: in the way that the running code does. A variable with a fixed place behind the
/// thread pointer is known by that offset, another one by module and offset; nothing is ever turned from one into the other.
/// </summary>
internal sealed class ThreadLocalValues
{
    private readonly Dictionary<int, ThreadPlace> _places = [];
    private readonly Dictionary<int, ulong> _offsets = [];
    private readonly ObjectPatch _patch;

    private ThreadLocalValues(ObjectPatch patch) => _patch = patch;

    /// <summary>The number of the object's own module; null where it has none that is known.</summary>
    public ulong? OwnModule { get; private init; }

    /// <summary>Whether the offsets of local dynamic code count from the thread pointer, as they do in a program.</summary>
    public bool CountsFromPointer { get; private set; }

    public static (ThreadLocalValues Values, ImmutableArray<Refusal> Refusals) Find(ObjectPatch patch, Match match, SymbolValues symbols, ISymbolResolver resolver)
    {
        var values = new ThreadLocalValues(patch) { OwnModule = resolver.OwnThreadModule };
        foreach (int symbol in patch.Sections.SelectMany(s => s.Relocations).Where(r => FieldRule.Of(r.Type).IsThreadOffset).Select(r => r.Symbol).Distinct())
        {
            if ((match.ThreadPlaces.TryGetValue(symbol, out var matched) ? matched : symbols.PlaceOf(symbol)) is { } place)
            {
                values._places[symbol] = place with { Module = place.Module ?? values.OwnModule };
            }
            if (symbols[symbol] is { } offset)
            {
                values._offsets[symbol] = offset;
            }
        }
        return (values, values.Check());
    }

    /// <summary>The pair for a variable, the module 0 standing for an offset from the thread pointer.</summary>
    public (ulong Module, ulong Offset)? PairOf(int symbol) =>
        _places.TryGetValue(symbol, out var place) && place.Module is { } module ? (module, place.Offset)
        : OffsetOf(symbol) is { } offset ? (0UL, offset) : null;

    public (ulong Module, ulong Offset) Base => CountsFromPointer ? (0UL, 0UL) : (OwnModule ?? 0UL, 0UL);

    /// <summary>The offset from the thread pointer.</summary>
    public ulong? OffsetOf(int symbol) => _offsets.TryGetValue(symbol, out ulong offset) ? offset : null;

    public ThreadPlace? PlaceOf(int symbol) => _places.TryGetValue(symbol, out var place) ? place : null;

    /// <summary>What an offset field of local dynamic code holds.</summary>
    public ulong? FieldOf(int symbol) => CountsFromPointer ? OffsetOf(symbol) : PlaceOf(symbol)?.Offset;

    private ImmutableArray<Refusal> Check()
    {
        var inModule = Users(RelocationType.DtpOff32).ToList();
        bool usesBase = Users(RelocationType.TlsLd).Any() || Users(RelocationType.GotPc32TlsDesc).Any(u => _patch.Symbols[u.Symbol].Name == ThreadModule.BaseName);
        CountsFromPointer = usesBase && !inModule.All(u => PlaceOf(u.Symbol) is not null);
        var refusals = ImmutableArray.CreateBuilder<Refusal>();
        void Refuse((int Symbol, string User) use, string why) => refusals.Add(LinkRefusals.UnresolvedSymbol.About(_patch.Symbols[use.Symbol].Name, $"{use.User} needs {_patch.Symbols[use.Symbol].Display}, {why}."));
        foreach (var use in inModule.Where(u => FieldOf(u.Symbol) is null).DistinctBy(u => u.Symbol))
        {
            Refuse(use, "a thread-local variable whose place no running code tells");
        }
        if (Users(RelocationType.TlsLd).FirstOrDefault() is { User: not null } local && !CountsFromPointer && OwnModule is null && inModule.Count > 0)
        {
            Refuse(local, "whose module has no number in any slot of the object");
        }
        foreach (var use in Users(RelocationType.TlsGd).Where(u => PairOf(u.Symbol) is null).DistinctBy(u => u.Symbol))
        {
            Refuse(use, "a thread-local variable whose place no running code tells");
        }
        foreach (var use in Users(RelocationType.TpOff32).Concat(Users(RelocationType.GotTpOff)).Where(u => OffsetOf(u.Symbol) is null && PlaceOf(u.Symbol) is not null).DistinctBy(u => u.Symbol))
        {
            Refuse(use, "a thread-local variable that the running code finds by module and offset; compile the new code like the old, with -ftls-model=global-dynamic");
        }
        return refusals.ToImmutable();
    }

    private IEnumerable<(int Symbol, string User)> Users(RelocationType type) =>
        from section in Enumerable.Range(0, _patch.Sections.Length)
        from relocation in _patch.Sections[section].Relocations
        where relocation.Type == type
        select (relocation.Symbol, NewFunctions.NameAt(_patch, section, relocation.Offset));
}
