// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Matching;

/// <summary>Compares one old function with one place, and reads out of the holes what they say of symbols.</summary>
internal sealed class PlacementFinder
{
    private readonly ObjectPatch _patch;
    private readonly IMemory _memory;
    private readonly ElfImage? _image;
    private readonly RunningCode _running;
    private readonly Dictionary<Address, SlotName> _slots;
    private readonly HashSet<int> _functionSymbols;

    public PlacementFinder(ObjectPatch patch, IMemory memory, ElfImage? image, RunningCode running)
    {
        _patch = patch;
        _memory = memory;
        _image = image;
        _running = running;
        _slots = image is null ? [] : SlotNames.Of(image);
        _functionSymbols = [.. patch.OldFunctions.Where(f => f.Role != OldFunctionRole.Table).Select(f => f.Symbol)];
    }

    /// <summary>The placements of <paramref name="old"/>, and the closest of the places that do not fit.</summary>
    public (List<Placement> Placements, Mismatch Closest) Find(OldCode old)
    {
        var found = new List<Placement>();
        Mismatch closest = default;
        foreach (var running in ExportedAddresses(old) is { } exported ? _running.WithEntries(exported) : _running.Candidates(old))
        {
            var (placement, mismatch) = TryPlace(old, running);
            if (placement is null)
            {
                closest = mismatch.Closeness > closest.Closeness ? mismatch : closest;
            }
            else if (found.All(p => p.Running.Code.Start != placement.Running.Code.Start))
            {
                found.Add(placement);
            }
        }
        return (found, closest);
    }

    /// <summary>Of all places the one whose code is longest like that of <paramref name="old"/>, for messages.</summary>
    public Mismatch Closest(OldCode old) => _running.All.Select(r => TryPlace(old, r).Mismatch).DefaultIfEmpty().MaxBy(m => m.Closeness);

    /// <summary>Exactly one of the results is given.</summary>
    public (Placement? Placement, Mismatch Mismatch) TryPlace(OldCode old, RunningBytes running)
    {
        if (MaskedComparison.TryMatch(old, running) is { } solved)
        {
            return Explain(old, running, solved, PositionMap.Identity);
        }
        var walk = InstructionWalk.Of(old, running);
        return walk.FirstDifference < 0
            ? Explain(old, running, walk.Solved, walk.Positions)
            : (null, new Mismatch(MismatchKind.Code, running.Function.Code.Start, walk.FirstDifference, -1, ""));
    }

    // A global function that the object exports stands where its symbol says, and nowhere else. (It may have several versions.)
    private HashSet<Address>? ExportedAddresses(OldCode old)
    {
        if (_image is null || old.Function.Unit.Length > 0)
        {
            return null;
        }
        var named = VersionedName.Of(old.Function.Name);
        var exported = _image.FindDynamicSymbols(named.Name).Where(s => named.MayBe(s.Name, _image.VersionOf(s)) && s.IsDefined && s.Kind == SymbolKind.Function).Select(s => _image.ToMemory(s.Value)).ToHashSet();
        return exported.Count > 0 ? exported : null;
    }

    private (Placement? Placement, Mismatch Mismatch) Explain(OldCode old, RunningBytes running, ImmutableArray<SolvedHole> solved, PositionMap positions)
    {
        var facts = new Dictionary<(int, Aspect), SymbolFact> { [(old.Function.Symbol, Aspect.Value)] = new(old.Function.Symbol, running.Function.Entry.Value, running.Function.Entry.Value) };
        var inner = ImmutableArray.CreateBuilder<InnerFact>();
        var table = TableOf(solved);
        foreach (var counted in solved)
        {
            // Code that gets the table from elsewhere, as a part of a function does, does not tell what it counts from.
            if (counted.Hole.Symbol < 0 || (CountsFromTable(counted) && table is null))
            {
                continue;
            }
            var hole = CountsFromTable(counted) ? counted with { Value = unchecked(counted.Value + table!.Value) } : counted;
            if (IsInner(hole, out long offset))
            {
                inner.Add(new InnerFact(hole.Hole.Symbol, offset, new Address(unchecked(hole.Value + (ulong)offset))));
                continue;
            }
            var (read, wrong) = IsDynamic(hole) ? ReadThreadLocal(old, hole, running.Function.Code.Start) : Read(hole, running.Function.Code.Start);
            if (wrong is { } mismatch)
            {
                return (null, mismatch);
            }
            foreach (var known in read)
            {
                if (!TryAdd(facts, known))
                {
                    return (null, new Mismatch(MismatchKind.Contradiction, running.Function.Code.Start, hole.Hole.Offset, known.Symbol, new Address(known.Value).ToString()));
                }
            }
        }
        return (new Placement(running.Function, [.. facts.Values], inner.ToImmutable(), positions), default);
    }

    private static bool CountsFromTable(SolvedHole solved) => RelocationField.CountsFromTable(solved.Hole.Type);

    // Where the function finds the object's table of addresses.
    private static ulong? TableOf(ImmutableArray<SolvedHole> solved) =>
        solved.Where(s => s.Hole.Type is RelocationType.GotPc32 or RelocationType.GotPc64).Select(s => (ulong?)s.Value).FirstOrDefault();

    private static bool TryAdd(Dictionary<(int, Aspect), SymbolFact> facts, SymbolFact fact)
    {
        if (!facts.TryGetValue(fact.Key, out var before))
        {
            facts.Add(fact.Key, fact);
            return true;
        }
        if (before.Canonical == before.Value)
        {
            facts[fact.Key] = before with { Canonical = fact.Value == before.Value ? fact.Canonical : before.Canonical };
        }
        return before.Value == fact.Value;
    }

    // A jump into the middle of another old function, as its .cold part makes: where that leads depends on how both are encoded.
    private bool IsInner(SolvedHole solved, out long offset)
    {
        offset = solved.Hole.Form switch
        {
            HoleForm.Relative when solved.Hole.Size == 4 => unchecked(solved.Hole.Addend + 4),
            HoleForm.Absolute => solved.Hole.Addend,
            _ => 0,
        };
        return offset != 0 && _functionSymbols.Contains(solved.Hole.Symbol);
    }

    private static bool IsDynamic(SolvedHole solved) =>
        solved.Hole.Form is HoleForm.ThreadPair or HoleForm.ThreadBase or HoleForm.ModuleOffset or HoleForm.ThreadDescriptor;

    private (ImmutableArray<SymbolFact> Facts, Mismatch? Mismatch) ReadThreadLocal(OldCode old, SolvedHole solved, Address place)
    {
        var hole = solved.Hole;
        var at = new Address(solved.Value);
        SymbolFact Fact(Aspect aspect, ulong value) => new(hole.Symbol, value, value) { Aspect = aspect };
        ImmutableArray<SymbolFact> Facts(ThreadPlace where) => where.Module is { } module ? [Fact(Aspect.Module, module), Fact(Aspect.ModuleOffset, where.Offset)] : [];
        if (hole.Form == HoleForm.ModuleOffset)
        {
            // In a part of a function that gets the module's start from elsewhere it cannot be told which offset it is.
            bool hasStart = old.Holes.Any(h => h.Form is HoleForm.ThreadBase or HoleForm.ThreadDescriptor);
            return (hasStart ? [Fact(Aspect.ModuleOffset, solved.Value)] : [], null);
        }
        bool isBase = hole.Form == HoleForm.ThreadBase || _patch.Symbols[hole.Symbol].Name == ThreadModule.BaseName;
        if (_slots.TryGetValue(at, out var name) && (isBase || !name.IsMeantBy(_patch.Symbols[hole.Symbol].Name)))
        {
            return ([], new Mismatch(MismatchKind.Import, place, hole.Offset, hole.Symbol, name.ToString()));
        }
        if (hole.Form == HoleForm.ThreadBase)
        {
            return ([], null);
        }
        if (hole.Form == HoleForm.ThreadPair)
        {
            return ThreadModule.ReadPair(_memory, at) is { } pair ? (Facts(pair), null) : ([], new Mismatch(MismatchKind.Unreadable, place, hole.Offset, hole.Symbol, at.ToString()));
        }
        return ThreadDescriptor.Read(_memory, at) is not { } descriptor ? ([], null)
            : descriptor.Place is { } found ? (Facts(found), null) : ([Fact(Aspect.Value, descriptor.Offset!.Value)], null);
    }

    private (ImmutableArray<SymbolFact> Facts, Mismatch? Mismatch) Read(SolvedHole solved, Address place)
    {
        var hole = solved.Hole;
        var symbol = _patch.Symbols[hole.Symbol];
        Mismatch Wrong(MismatchKind kind, string found) => new(kind, place, hole.Offset, hole.Symbol, found);
        ulong value = solved.Value;
        if (solved.IsSlot)
        {
            var slot = new Address(value);
            if (_slots.TryGetValue(slot, out var name) && !name.IsMeantBy(symbol.Name))
            {
                return ([], Wrong(MismatchKind.Import, name.ToString()));
            }
            if (!_memory.TryReadUInt64(slot, out value))
            {
                return ([], Wrong(MismatchKind.Unreadable, slot.ToString()));
            }
        }
        if (hole.Form is HoleForm.ThreadOffset or HoleForm.ThreadOffsetSlot)
        {
            return ([new SymbolFact(hole.Symbol, value, value)], null);
        }
        ulong canonical = value;
        if (!solved.IsSlot && symbol.Unit.Length == 0 && SlotOfStub(new Address(value)) is { } stub)
        {
            if (_slots.TryGetValue(stub, out var name) && !name.IsMeantBy(symbol.Name))
            {
                return ([], Wrong(MismatchKind.Import, name.ToString()));
            }
            if (!_memory.TryReadUInt64(stub, out value))
            {
                return ([], Wrong(MismatchKind.Unreadable, stub.ToString()));
            }
            if (PltEntry.IsUnbound(_memory, new Address(value)))
            {
                return ([], null);
            }
            canonical = hole.Type is RelocationType.Plt32 or RelocationType.PltOff64 ? value : canonical;
        }
        if (_running.At(new Address(value)) is { } replaced)
        {
            (value, canonical) = (replaced.Entry.Value, canonical == value ? replaced.Entry.Value : canonical);
        }
        if (symbol.Content is { } content && !HasContent(new Address(value), content.Span))
        {
            return ([], Wrong(MismatchKind.Constant, new Address(value).ToString()));
        }
        return ([new SymbolFact(hole.Symbol, value, canonical)], null);
    }

    // A function may be nothing but a jump through a slot, too. The unwind table gives such a function exactly (6, 7, 10 or 11 bytes),
    // but one range for a whole procedure linkage table, whose entries have 8 or 16.
    private Address? SlotOfStub(Address address) =>
        _running.At(address) is { } function && function.Code.Length % 8 != 0 ? null : PltEntry.FindSlot(_memory, address);

    private bool HasContent(Address address, ReadOnlySpan<byte> content) =>
        _memory.Read(address, content.Length) is { } found && found.AsSpan().SequenceEqual(content);
}
