// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Tests.Matching;

/// <summary>Makes a patch whose old functions are those of object files, as simply as a test can.</summary>
internal sealed class ObjectTranslation
{
    private readonly List<PatchSymbol> _symbols = [];
    private readonly Dictionary<(string Unit, string Name), int> _indexes = [];
    private readonly List<OldFunction> _functions = [];

    public static ObjectPatch Of(IReadOnlyDictionary<string, ElfFile> objects, Func<string, bool>? wanted = null)
    {
        var translation = new ObjectTranslation();
        foreach (var (unit, file) in objects)
        {
            translation.Add(unit, file, wanted ?? (_ => true));
        }
        return new ObjectPatch
        {
            ObjectName = "",
            BuildId = null,
            Symbols = [.. translation._symbols],
            OldFunctions = [.. translation._functions],
            Sections = [],
            Replacements = [],
        };
    }

    private void Add(string unit, ElfFile file, Func<string, bool> wanted)
    {
        foreach (var function in file.Symbols.Where(s => s.Kind == SymbolKind.Function && s.IsDefined && s.Size > 0 && wanted(s.Name)))
        {
            var section = file.Sections[function.SectionIndex];
            var relocations = file.RelocationsOf(section.Index).Where(r => r.Offset >= function.Value && r.Offset < function.Value + function.Size)
                .Select(r => Translate(unit, file, r, function.Value)).ToImmutableArray();
            _functions.Add(new OldFunction(function.Name, function.IsLocal ? unit : "", OldFunctionRole.Replaced, IndexOf(unit, file, function),
                section.Bytes.Slice((int)function.Value, (int)function.Size), relocations));
        }
    }

    private PatchRelocation Translate(string unit, ElfFile file, ElfRelocation relocation, ulong start)
    {
        var symbol = file.Symbols[relocation.Symbol];
        long addend = relocation.Addend;
        if (symbol.Kind == SymbolKind.Section
            && file.Symbols.FirstOrDefault(s => s.SectionIndex == symbol.SectionIndex && s.Kind is SymbolKind.Function or SymbolKind.Object && s.Name.Length > 0) is { } named)
        {
            addend -= (long)named.Value;
            symbol = named;
        }
        if (symbol.Kind == SymbolKind.Section && (file.Sections[symbol.SectionIndex].Flags & SectionFlags.Merge) != 0)
        {
            // A string by its place in a section: one symbol for each, because the link editor moves them apart.
            long tail = relocation.Type is RelocationType.Pc32 or RelocationType.Plt32 ? -4 : 0;
            symbol = symbol with { Name = $"{symbol.Name}+{addend - tail}", Value = (ulong)(addend - tail), Kind = SymbolKind.NoType };
            addend = tail;
        }
        return new PatchRelocation((uint)(relocation.Offset - start), relocation.Type, IndexOf(unit, file, symbol), addend);
    }

    private int IndexOf(string unit, ElfFile file, ElfSymbol symbol)
    {
        string own = symbol.IsLocal ? unit : "";
        string name = symbol.Kind == SymbolKind.Section ? symbol.Name + "#" : symbol.Name;
        if (_indexes.TryGetValue((own, name), out int index))
        {
            return index;
        }
        var kind = symbol.Kind switch
        {
            SymbolKind.Function => PatchSymbolKind.Function,
            SymbolKind.Object => PatchSymbolKind.Data,
            SymbolKind.ThreadLocal => PatchSymbolKind.ThreadLocal,
            SymbolKind.Section => PatchSymbolKind.Constant,
            _ => symbol.IsLocal ? PatchSymbolKind.Constant : PatchSymbolKind.Unknown,
        };
        _symbols.Add(new PatchSymbol(name, own, kind, -1, 0, symbol.Size, ContentOf(file, symbol)));
        return _indexes[(own, name)] = _symbols.Count - 1;
    }

    private static ReadOnlyMemory<byte>? ContentOf(ElfFile file, ElfSymbol symbol)
    {
        if (!symbol.IsLocal || symbol.Kind != SymbolKind.NoType || !symbol.IsDefined)
        {
            return null;
        }
        var section = file.Sections[symbol.SectionIndex];
        if ((section.Flags & SectionFlags.Merge) == 0)
        {
            return null;
        }
        var rest = section.Bytes[(int)symbol.Value..];
        return (section.Flags & SectionFlags.Strings) != 0 ? rest[..(rest.Span.IndexOf((byte)0) + 1)] : rest[..(int)section.EntrySize];
    }
}
