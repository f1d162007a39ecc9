// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Diffing.Types;

/// <summary>Reads the entries of .debug_info (DWARF 4 and 5, 32-bit format) of an object file, one unit after another.</summary>
internal sealed class DebugReader
{
    private const int MostDepth = 500;

    private readonly DebugBytes _info;
    private readonly DebugBytes _abbreviations;
    private readonly DebugForms _forms;

    private DebugReader(ElfFile file)
    {
        _info = new DebugBytes(file, ".debug_info");
        _abbreviations = new DebugBytes(file, ".debug_abbrev");
        _forms = new DebugForms(_info, new DebugBytes(file, ".debug_str"), new DebugBytes(file, ".debug_line_str"), new DebugBytes(file, ".debug_str_offsets"));
    }

    private sealed record Abbreviation(DebugTag Tag, bool HasChildren, ImmutableArray<(ulong Name, ulong Form, long Constant)> Attributes);

    /// <summary>All entries by their offsets; empty where there is no debug information, or none that is understood.</summary>
    public static Dictionary<int, DebugEntry> ReadAll(ElfFile file)
    {
        var entries = new Dictionary<int, DebugEntry>();
        try
        {
            var reader = new DebugReader(file);
            while (!reader._info.IsAtEnd)
            {
                reader.ReadUnit(entries);
            }
        }
        catch (MalformedDebugException)
        {
            entries.Clear();
        }
        return entries;
    }

    private void ReadUnit(Dictionary<int, DebugEntry> entries)
    {
        const byte CompileUnit = 1, PartialUnit = 3;
        int start = _info.At;
        ulong length = _info.Unsigned(4);
        if (length == 0 || length > (ulong)(_info.Length - _info.At))
        {
            throw new MalformedDebugException();
        }
        int end = _info.At + (int)length;
        ulong version = _info.Unsigned(2);
        if (version is < 4 or > 5)
        {
            throw new MalformedDebugException();
        }
        int addressSize = 8;
        bool isPlain = version == 4 || _info.Byte() is CompileUnit or PartialUnit;
        if (version == 5)
        {
            addressSize = _info.Byte();
        }
        _abbreviations.At = (int)Math.Min(_info.Unsigned(4), int.MaxValue);
        if (version == 4)
        {
            addressSize = _info.Byte();
        }
        if (isPlain)
        {
            var abbreviations = ReadAbbreviations();
            DebugEntry? parent = null;
            int depth = 0;
            while (_info.At < end)
            {
                int offset = _info.At;
                ulong code = _info.Leb();
                if (code == 0)
                {
                    (parent, depth) = (parent?.Parent, depth - 1);
                    continue;
                }
                if (!abbreviations.TryGetValue(code, out var abbreviation) || depth > MostDepth)
                {
                    throw new MalformedDebugException();
                }
                var entry = ReadEntry(offset, abbreviation, parent, start, addressSize);
                entries[offset] = entry;
                parent?.Children.Add(entry);
                (parent, depth) = abbreviation.HasChildren ? (entry, depth + 1) : (parent, depth);
            }
        }
        _info.At = end;
    }

    private DebugEntry ReadEntry(int offset, Abbreviation abbreviation, DebugEntry? parent, int unit, int addressSize)
    {
        var entry = new DebugEntry(offset, abbreviation.Tag, parent);
        foreach (var (name, form, constant) in abbreviation.Attributes)
        {
            var value = _forms.Read(form, addressSize, constant);
            switch (name)
            {
                case 0x02:
                    entry.HasPlace = true;
                    break;
                case 0x03:
                    entry.Name = value.Text ?? "";
                    break;
                case 0x0b:
                    entry.ByteSize = value.Number;
                    break;
                case 0x0d:
                    entry.BitSize = value.Number;
                    break;
                case 0x2f:
                    entry.Count = value.Number + 1;
                    break;
                case 0x37:
                    entry.Count = value.Number;
                    break;
                case 0x38:
                    entry.Location = value.Number;
                    break;
                case 0x3b:
                    entry.Line = value.Number;
                    break;
                case 0x3c:
                    entry.IsDeclaration = true;
                    break;
                case 0x3e:
                    entry.Encoding = value.Number;
                    break;
                case 0x49:
                    entry.Type = (int)Math.Min(value.Number + (value.IsGlobalReference ? 0 : (ulong)unit), int.MaxValue);
                    break;
                case 0x6b:
                    entry.BitOffset = value.Number;
                    break;
                case 0x72:
                    _forms.StringOffsetsBase = value.Number;
                    break;
            }
        }
        return entry;
    }

    private Dictionary<ulong, Abbreviation> ReadAbbreviations()
    {
        const ulong ImplicitConstant = 0x21;
        var all = new Dictionary<ulong, Abbreviation>();
        while (_abbreviations.Leb() is > 0 and var code)
        {
            var tag = (DebugTag)_abbreviations.Leb();
            bool hasChildren = _abbreviations.Byte() != 0;
            var attributes = ImmutableArray.CreateBuilder<(ulong, ulong, long)>();
            for (; ; )
            {
                ulong name = _abbreviations.Leb();
                ulong form = _abbreviations.Leb();
                long constant = form == ImplicitConstant ? (long)_abbreviations.Leb() : 0;
                if (name == 0 && form == 0)
                {
                    break;
                }
                attributes.Add((name, form, constant));
            }
            all[code] = new Abbreviation(tag, hasChildren, attributes.ToImmutable());
        }
        return all;
    }
}
