// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Debugging;

/// <summary>Where the functions, variables and types of an object stand in its sources, as far as its debug information tells.</summary>
internal sealed class SourcePlaces
{
    private readonly DebugEntries _entries;
    private readonly ElfFile _file;
    private readonly Dictionary<(int Section, ulong Value), DebugEntry> _byAddress = [];
    private readonly Dictionary<string, DebugEntry> _byName = [];
    private readonly Dictionary<DebugUnit, DebugFileNames?> _files = [];

    private SourcePlaces(ElfFile file, DebugEntries entries)
    {
        _file = file;
        _entries = entries;
        foreach (var entry in entries.All.Where(e => e.Tag is DebugTag.Subprogram or DebugTag.Variable))
        {
            if (KeyOf(entry.Address) is { } key)
            {
                _byAddress.TryAdd(key, entry);
            }
            string name = entry.LinkageName.Length > 0 ? entry.LinkageName : entry.Name;
            if (name.Length > 0 && entry.Line is not null)
            {
                _byName.TryAdd(name, entry);
            }
        }
    }

    public static SourcePlaces Of(ElfFile file, DebugEntries entries) => new(file, entries);

    /// <summary>Of a function that is split, or of a thread-local variable, its name alone tells.</summary>
    public SourcePlace? Of(Piece piece) => piece.Main is not { } main ? null
        : KeyOf(new DebugAddress(main.Index, 0)) is { } key && _byAddress.TryGetValue(key, out var entry) ? Of(entry)
        : _byName.TryGetValue(SymbolNames.SourceFunction(main.Name), out var named) ? Of(named)
        : null;

    public SourcePlace? Of(DebugEntry entry)
    {
        var chain = _entries.WithOrigins(entry).ToList();
        if (chain.FirstOrDefault(e => e.Line is not null) is not { } placed || chain.FirstOrDefault(e => e.File is not null) is not { } filed)
        {
            return null;
        }
        string? name = NamesOf(filed.Unit)?.Find(filed.File!.Value, filed.Unit.Folder);
        return name is null or "" || placed.Line is 0 or > int.MaxValue ? null : new SourcePlace(name, (int)placed.Line!.Value);
    }

    private (int Section, ulong Value)? KeyOf(DebugAddress? address)
    {
        if (address is not { } place || place.Symbol <= 0 || place.Symbol >= _file.Symbols.Length)
        {
            return null;
        }
        var symbol = _file.Symbols[place.Symbol];
        return symbol.SectionIndex == SpecialSection.Common ? (symbol.SectionIndex, (ulong)symbol.Index) : (symbol.SectionIndex, symbol.Value + (ulong)place.Addend);
    }

    private DebugFileNames? NamesOf(DebugUnit unit)
    {
        if (!_files.TryGetValue(unit, out var names))
        {
            try
            {
                names = unit.Lines is null || unit.LineSections is null ? null : DebugFileNames.Read(unit.LineSections, unit, _entries.Budget);
            }
            catch (MalformedDebugException)
            {
                names = null;
            }
            _files.Add(unit, names);
        }
        return names;
    }
}
