// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Linking;

/// <summary>The values of all symbols that new code refers to.</summary>
internal sealed class SymbolValues
{
    private readonly Dictionary<int, ulong> _values = [];

    private readonly Dictionary<int, ThreadPlace> _places = [];
    private readonly Dictionary<int, Address> _lazySlots = [];

    private SymbolValues()
    {
    }

    /// <summary>The addresses of the symbols that the patch defines.</summary>
    public ImmutableDictionary<int, Address> Defined { get; private init; } = ImmutableDictionary<int, Address>.Empty;

    public ImmutableArray<Refusal> Refusals { get; private set; } = [];

    /// <summary>Null for a symbol that was refused.</summary>
    public ulong? this[int symbol] => _values.TryGetValue(symbol, out ulong value) ? value : null;

    /// <summary>What the resolver says of a thread-local variable that is found by module and offset.</summary>
    public ThreadPlace? PlaceOf(int symbol) => _places.TryGetValue(symbol, out var place) ? place : null;

    /// <summary>The slot of the object through which all calls of a function shall go; null where its address is known.</summary>
    public Address? LazySlotOf(int symbol) => _lazySlots.TryGetValue(symbol, out var slot) ? slot : null;

    public static SymbolValues Find(ObjectPatch patch, ImageLayout layout, Address start, Match match, ISymbolResolver resolver)
    {
        var defined = Enumerable.Range(0, patch.Symbols.Length).Where(i => patch.Symbols[i].IsDefinedByPatch)
            .ToImmutableDictionary(i => i, i => FindShared(patch, patch.Symbols[i], resolver)
                ?? start + layout.Sections[patch.Symbols[i].Section] + (long)patch.Symbols[i].Offset);
        var values = new SymbolValues { Defined = defined };
        var refusals = ImmutableArray.CreateBuilder<Refusal>();
        var refused = new HashSet<int>();
        var onlyCalled = FindOnlyCalled(patch);
        for (int section = 0; section < patch.Sections.Length; section++)
        {
            foreach (var relocation in patch.Sections[section].Relocations.Where(r => !RelocationField.IsMark(r.Type) && r.Type != RelocationType.TlsLd))
            {
                int symbol = relocation.Symbol;
                if (values._values.ContainsKey(symbol) || values._places.ContainsKey(symbol) || values._lazySlots.ContainsKey(symbol) || refused.Contains(symbol))
                {
                    continue;
                }
                if (values.Find(patch.Symbols[symbol], symbol, match, resolver, layout, start, onlyCalled) is { WhyNot: var whyNot, Value: null, Place: null })
                {
                    refused.Add(symbol);
                    string user = NewFunctions.NameAt(patch, section, relocation.Offset);
                    refusals.Add(LinkRefusals.UnresolvedSymbol.About(patch.Symbols[symbol].Name, $"{user} needs {patch.Symbols[symbol].Display}, which {whyNot}."));
                }
            }
        }
        values.Refusals = refusals.ToImmutable();
        return values;
    }

    // A static local of an inline function, or an inline variable, is one for the whole process (C++ standard, "One-definition rule"):
    // where a loaded object has it already, that one is meant.
    private static Address? FindShared(ObjectPatch patch, PatchSymbol symbol, ISymbolResolver resolver) =>
        symbol.Unit.Length == 0 && symbol.Kind == PatchSymbolKind.Data && patch.Sections[symbol.Section].Kind == PatchSectionKind.WritableData
        && resolver.Resolve(symbol).Value is { } value
            ? new Address(value)
            : null;

    private SymbolAnswer Find(PatchSymbol symbol, int index, Match match, ISymbolResolver resolver, ImageLayout layout, Address start, HashSet<int> onlyCalled)
    {
        var answer = Defined.TryGetValue(index, out var own) ? SymbolAnswer.Is(own.Value)
            : symbol.Name == ThreadLocalLayout.GetterName && symbol.Unit.Length == 0 && layout.ThreadLocals.HasGetter ? SymbolAnswer.Is((start + layout.ThreadLocals.Getter).Value)
            : symbol.Name == FieldRule.TableName && symbol.Unit.Length == 0 ? SymbolAnswer.Is((start + layout.SlotsStart).Value)
            : match.SymbolValues.TryGetValue(index, out ulong matched) ? SymbolAnswer.Is(matched)
            : match.ThreadPlaces.TryGetValue(index, out var place) ? SymbolAnswer.In(place)
            : symbol.Unit.Length > 0 || symbol.Kind == PatchSymbolKind.Constant || symbol.Name.Length == 0 ? SymbolAnswer.Not("is local to its unit and used by no old function that was matched")
            : resolver.Resolve(symbol);
        if (answer.LazySlot is { } slot && onlyCalled.Contains(index))
        {
            _lazySlots[index] = slot;
            return SymbolAnswer.Is(0);
        }
        if (answer.Value is { } value)
        {
            _values[index] = value;
        }
        if (answer.Place is { } found)
        {
            _places[index] = found;
        }
        return answer;
    }

    private static HashSet<int> FindOnlyCalled(ObjectPatch patch)
    {
        var uses = patch.Sections.SelectMany(s => s.Relocations.Select(r => (r.Symbol, IsCall: ImageLayout.MayCall(s, r)))).ToLookup(u => u.Symbol, u => u.IsCall);
        return [.. uses.Where(u => u.All(isCall => isCall)).Select(u => u.Key)];
    }
}
