// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Linking;

/// <summary>
/// Resolves a global symbol the way the process did: what the loader stored in the object's own slots; else the global lookup
/// through the loaded objects in load order (ELF gABI, chapter 5, "Shared Object Dependencies"), in which a copy relocation's
/// variable is the program's copy because the program comes first. No function of the target is called for it.
/// </summary>
/// <remarks>Of what was loaded later a symbol is taken where there is one definition alone, in what belongs to the object: whatever
/// else could be meant depends on flags that the loader keeps to itself, and is refused.</remarks>
public sealed class SymbolResolver : ISymbolResolver
{
    /// <summary>STV_PROTECTED: the object itself uses its own.</summary>
    private const byte Protected = 3;

    private readonly BoundSlots _own;
    private readonly ElfImage _ownImage;
    private readonly IMemory _memory;
    private readonly ImmutableArray<(ElfImage Image, BoundSlots Slots)> _loaded;
    private readonly SearchScope _scope;

    /// <param name="memory">The target.</param>
    /// <param name="own">The object that the patch changes.</param>
    /// <param name="loadOrder">All loaded objects, the main program first, as the loader's list has them.</param>
    public SymbolResolver(IMemory memory, ElfImage own, IEnumerable<ElfImage> loadOrder)
        : this(memory, own, SearchScope.OfAll(loadOrder))
    {
    }

    public SymbolResolver(IMemory memory, ElfImage own, SearchScope scope)
    {
        _scope = scope;
        _own = new BoundSlots(memory, own);
        _ownImage = own;
        _memory = memory;
        _loaded = [.. scope.All.Select(image => (image, new BoundSlots(memory, image)))];
    }

    public SymbolAnswer Resolve(PatchSymbol symbol)
    {
        var named = VersionedName.Of(symbol.Name);
        var versions = ImportedVersions(named);
        if (FindProgramsEntry(named, versions) is { } entry)
        {
            return SymbolAnswer.Is(entry);
        }
        var answer = _own.FindAll(named) switch
        {
            [var bound] when versions.Count <= 1 || _own.FindLazySlot(named) is null => SymbolAnswer.Is(bound),
            [_, ..] => SeveralVersions(),
            [] when versions.Count > 1 => SeveralVersions(),
            [] => LookUp(named, symbol.Kind, versions) with { LazySlot = _own.FindLazySlot(named) },
        };
        return answer;

        SymbolAnswer SeveralVersions() => SymbolAnswer.Not($"{_ownImage.Name} uses in several versions");
    }

    // Where a program that is not position independent uses the address of an imported function, that is its own entry for it in the linkage table, and
    // all objects use the same, so that pointers to it are equal (psABI, section 5.2, "Function Addresses"). A slot of calls holds the function itself.
    private ulong? FindProgramsEntry(VersionedName named, List<string?> imported)
    {
        if (_loaded.IsEmpty || _loaded[0].Image is not { IsPositionIndependent: false } program || _ownImage.FindDynamicSymbols(named.Name).Any(s => s.IsDefined))
        {
            return null;
        }
        var entries = program.FindDynamicSymbols(named.Name).Where(s => s is { IsDefined: false, Value: not 0, Kind: SymbolKind.Function } && named.MayBe(s.Name, program.VersionOf(s))).ToList();
        return entries is [var only] && imported.TrueForAll(v => v is null || v == program.VersionOf(only)) ? program.ToMemory(only.Value).Value : null;
    }

    // What the object itself was linked against; null stands for a reference without a version.
    private List<string?> ImportedVersions(VersionedName named) =>
        [.. _ownImage.FindDynamicSymbols(named.Name).Where(s => !s.IsDefined && named.MayBe(s.Name, _ownImage.VersionOf(s))).Select(s => _ownImage.VersionOf(s)).Distinct()];

    private SymbolAnswer LookUp(VersionedName named, PatchSymbolKind kind, List<string?> imported)
    {
        string name = named.Name;
        if (name == ThreadModule.BaseName)
        {
            return OwnBase();
        }
        if (FindThreadLocal(_ownImage, name) is { } place)
        {
            return place;
        }
        if (kind == PatchSymbolKind.ThreadLocal)
        {
            return ThreadLocalFromAny(name);
        }
        // As the loader looks for what the object imports; else as the link editor would have chosen.
        Func<ElfImage, ElfSymbol, int> rank = named.Version is not null ? (image, s) => image.RankForVersion(s, named.Version)
            : imported is [var version] ? (image, s) => image.RankForVersion(s, version)
            : (image, s) => image.IsDefaultVersion(s) ? 1 : 0;
        var own = FindExport(_ownImage, name, rank);
        if (own is not null && (_ownImage.IsSymbolic || own.Visibility == Protected))
        {
            return ValueOf(_ownImage, _own, own);
        }
        foreach (var (image, slots) in _loaded.Take(_scope.Global.Length))
        {
            if (FindExport(image, name, rank) is { } found)
            {
                // Whether the object would call its own (-Bsymbolic-functions) is seen by its slots alone.
                return own is { Kind: SymbolKind.Function, IsDefined: true } && image != _ownImage && !_own.Has(named)
                    ? SymbolAnswer.Not($"is defined by {image.Name} and by {_ownImage.Name}, which has no slot for it, so that it cannot be told which one it uses")
                    : ValueOf(image, slots, found);
            }
        }
        return LookUpLater(name, rank);
    }

    private SymbolAnswer LookUpLater(string name, Func<ElfImage, ElfSymbol, int> rank)
    {
        var found = _loaded.Skip(_scope.Global.Length).Select(l => (l.Image, l.Slots, Symbol: FindExport(l.Image, name, rank))).Where(f => f.Symbol is not null).Take(2).ToList();
        return found switch
        {
            [] => SymbolAnswer.Not("is defined by no loaded object"),
            [var only] when _scope.Together.Contains(only.Image) => ValueOf(only.Image, only.Slots, only.Symbol!),
            [var only] => SymbolAnswer.Not($"is defined by {only.Image.Name} alone, which was loaded later and may be hidden from {_ownImage.Name} (RTLD_LOCAL)"),
            [var one, var other, ..] => SymbolAnswer.Not($"is defined by {one.Image.Name} and by {other.Image.Name}, which were loaded later, so that it cannot be told which one {_ownImage.Name} sees"),
        };
    }

    private SymbolAnswer ValueOf(ElfImage image, BoundSlots slots, ElfSymbol found)
    {
        switch (found.Kind)
        {
            case SymbolKind.IndirectFunction:
                return slots.FindIndirect(found.Value) is { } chosen
                    ? SymbolAnswer.Is(chosen)
                    : FromAnySlot(new VersionedName(found.Name, image.VersionOf(found)), $"is an IFUNC of {image.Name} that no loaded object has bound");
            case SymbolKind.ThreadLocal:
                return ThreadModule.OwnOf(image, _memory) is { } module
                    ? SymbolAnswer.In(new ThreadPlace(module, found.Value))
                    : ThreadLocalFromAny(found.Name);
            default:
                return SymbolAnswer.Is(found.SectionIndex == SpecialSection.Absolute ? found.Value : image.ToMemory(found.Value).Value);
        }
    }

    public ulong? OwnThreadModule => ThreadModule.OwnOf(_ownImage, _memory);

    ThreadDescriptor? ISymbolResolver.FindDescriptor(ulong module) =>
        ThreadModule.DynamicDescriptors(_ownImage, _memory).Where(d => d.Place!.Value.Module == module).Select(d => (ThreadDescriptor?)d).FirstOrDefault();

    private SymbolAnswer? FindThreadLocal(ElfImage image, string name) => ThreadModule.Find(image, _memory, name) switch
    {
        (_, { } place) => SymbolAnswer.In(place),
        ({ } offset, _) => SymbolAnswer.Is(offset),
        _ => null,
    };

    private SymbolAnswer ThreadLocalFromAny(string name) =>
        FromAnySlot(new VersionedName(name, null), "is a thread-local variable whose place no loaded object has in a slot") is { Value: not null } answer ? answer
        : _loaded.Select(l => FindThreadLocal(l.Image, name)).OfType<SymbolAnswer>().Distinct().Take(2).ToList() is [var only] ? only
        : SymbolAnswer.Not("is a thread-local variable whose place no loaded object has in a slot");

    // A descriptor for the start of the object's own block.
    private SymbolAnswer OwnBase() => _ownImage.DynamicRelocations.Where(r => r is { Type: RelocationType.TlsDesc, Symbol: 0, Addend: 0 })
        .Select(r => ThreadDescriptor.Read(_memory, _ownImage.ToMemory(r.Offset))).OfType<ThreadDescriptor>()
        .Select(d => d.Place is { } place ? SymbolAnswer.In(place) : SymbolAnswer.Is(d.Offset!.Value))
        .FirstOrDefault(SymbolAnswer.Not("is the start of thread-local variables that the object has no descriptor for"));

    // Objects that were linked against different versions of a symbol may hold different functions under one name.
    private SymbolAnswer FromAnySlot(VersionedName name, string whyNot)
    {
        var values = _loaded.SelectMany(l => l.Slots.FindAll(name)).Where(v => v != 0).Distinct().Take(2).ToList();
        return values.Count switch
        {
            0 => SymbolAnswer.Not(whyNot),
            1 => SymbolAnswer.Is(values[0]),
            _ => SymbolAnswer.Not("is bound to different values by different loaded objects"),
        };
    }

    // An undefined function with a value is the entry that a program which is not position independent takes for its address.
    private static ElfSymbol? FindExport(ElfImage image, string name, Func<ElfImage, ElfSymbol, int> rank) =>
        image.FindDynamicSymbols(name)
            .Where(s => IsExported(s) && (s.IsDefined ? rank(image, s) > 0 : s.Value != 0 && s.Kind == SymbolKind.Function && !image.IsPositionIndependent))
            .MaxBy(s => rank(image, s));

    private static bool IsExported(ElfSymbol symbol)
    {
        const byte Internal = 1, Hidden = 2;
        bool hasKind = symbol.Kind is SymbolKind.NoType or SymbolKind.Object or SymbolKind.Function or SymbolKind.Common or SymbolKind.ThreadLocal or SymbolKind.IndirectFunction;
        bool hasValue = symbol.Value != 0 || symbol.SectionIndex == SpecialSection.Absolute || symbol.Kind == SymbolKind.ThreadLocal;
        return hasKind && hasValue && symbol.Binding != SymbolBinding.Local && symbol.Visibility is not (Internal or Hidden);
    }
}
