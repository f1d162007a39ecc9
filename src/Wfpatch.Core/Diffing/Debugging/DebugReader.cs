// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Diffing.Debugging;

/// <summary>Reads the entries of .debug_info and .debug_types (DWARF 4 and 5, 32-bit format) of a file, one unit after another.</summary>
internal sealed class DebugReader
{
    private const int MostDepth = 500;

    private readonly DebugBytes _info;
    private readonly AbbreviationTables _abbreviations;
    private readonly DebugForms _forms;
    private readonly DebugSections _sections;
    private readonly DebugSections _home;
    private readonly DebugEntries _into;
    private readonly DebugUnit? _skeleton;
    private readonly bool _isSplit;
    private readonly int _base;

    private DebugReader(DebugBytes info, DebugSections sections, DebugSections home, AbbreviationTables abbreviations, DebugEntries into, DebugUnit? skeleton)
    {
        _info = info;
        _sections = sections;
        _home = home;
        _abbreviations = abbreviations;
        _into = into;
        _skeleton = skeleton;
        _isSplit = skeleton is not null;
        _base = into.Append(info.Length);
        _forms = new DebugForms(info, sections.First(".debug_str"), sections.First(".debug_line_str"), sections.First(".debug_str_offsets"), home.First(".debug_addr"));
    }

    private enum UnitType
    {
        Compile = 1,
        Type = 2,
        Partial = 3,
        Skeleton = 4,
        SplitCompile = 5,
        SplitType = 6,
    }

    /// <param name="home">The sections of the object, where these are of its split debug information.</param>
    /// <param name="skeleton">The object's unit that names it; null for the object's own.</param>
    /// <returns>The units that were read.</returns>
    /// <exception cref="MalformedDebugException">It cannot be understood.</exception>
    public static ImmutableArray<DebugUnit> ReadAll(DebugSections sections, DebugSections home, DebugEntries into, DebugUnit? skeleton)
    {
        var units = ImmutableArray.CreateBuilder<DebugUnit>();
        var abbreviations = new AbbreviationTables(sections.First(".debug_abbrev"), into.Budget);
        foreach (bool isTypes in new[] { false, true })
        {
            foreach (var info in sections.All(isTypes ? ".debug_types" : ".debug_info"))
            {
                var reader = new DebugReader(info, sections, home, abbreviations, into, skeleton);
                while (!info.IsAtEnd)
                {
                    units.Add(reader.ReadUnit(isTypes));
                }
            }
        }
        return units.ToImmutable();
    }

    private DebugUnit ReadUnit(bool isTypes)
    {
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
            throw new MalformedDebugException($"is of DWARF version {version}, and versions 4 and 5 are read");
        }
        // GNU's split debug information of DWARF 4 has no header before its string offsets.
        var unit = new DebugUnit { StringOffsets = version == 5 ? 8u : 0, Addresses = _skeleton?.Addresses ?? (version == 5 ? 8u : 0), Lines = _skeleton?.Lines, Folder = _skeleton?.Folder ?? "", LineSections = _home };
        var type = version == 5 ? (UnitType)_info.Byte() : isTypes ? UnitType.Type : UnitType.Compile;
        unit.AddressSize = version == 5 ? _info.Byte() : 8;
        ulong abbreviations = _info.Unsigned(4);
        unit.AddressSize = version == 4 ? _info.Byte() : unit.AddressSize;
        if (type is UnitType.Type or UnitType.SplitType)
        {
            ulong signature = _info.Unsigned(8);
            _into.AddTypeUnit(signature, Reference(_info.Unsigned(4), start));
            // A type unit of split debug information has its table of files there, others the object's.
            unit.LineSections = _sections;
        }
        else if (type is UnitType.Skeleton or UnitType.SplitCompile)
        {
            _info.Skip(8);
        }
        ReadEntries(unit, _abbreviations.At(abbreviations), start, end);
        _info.At = end;
        return unit;
    }

    private void ReadEntries(DebugUnit unit, Dictionary<ulong, Abbreviation> abbreviations, int start, int end)
    {
        // What is not kept lends its parent to what is within it.
        var parents = new Stack<DebugEntry?>();
        bool isFirst = true;
        while (_info.At < end)
        {
            int offset = _info.At;
            ulong code = _info.Leb();
            if (code == 0)
            {
                parents.TryPop(out _);
                continue;
            }
            if (!abbreviations.TryGetValue(code, out var abbreviation) || parents.Count > MostDepth)
            {
                throw new MalformedDebugException();
            }
            var parent = parents.TryPeek(out var within) ? within : null;
            int content = _info.At;
            var entry = ReadEntry(abbreviation, parent, unit, start);
            if (isFirst)
            {
                // The offsets of texts and addresses are known only now.
                _info.At = content;
                entry = ReadEntry(abbreviation, parent, unit, start);
                isFirst = false;
            }
            bool isKept = abbreviation.IsKept && (abbreviation.Tag != DebugTag.Variable || entry.Address is not null || entry.Line is not null);
            if (isKept)
            {
                _into.Add(_base + offset, entry);
                parent?.Add(entry);
            }
            if (abbreviation.HasChildren)
            {
                parents.Push(isKept ? entry : parent);
            }
        }
    }

    private DebugEntry ReadEntry(Abbreviation abbreviation, DebugEntry? parent, DebugUnit unit, int start)
    {
        var entry = new DebugEntry(abbreviation.Tag, parent, unit);
        _into.Budget.Spend(abbreviation.Attributes.Length);
        foreach (var (attribute, form, constant) in abbreviation.Attributes)
        {
            bool isText = attribute is DebugAttribute.Name or DebugAttribute.LinkageName or DebugAttribute.MipsLinkageName or DebugAttribute.Folder
                or DebugAttribute.SplitName or DebugAttribute.GnuSplitName;
            var value = _forms.Read(form, unit, constant, isText);
            ulong? number = value.Kind == DebugValueKind.Number ? value.Number : null;
            switch (attribute)
            {
                case DebugAttribute.Name:
                    entry.Name = value.Text ?? "";
                    unit.Name = entry.IsUnit ? entry.Name : unit.Name;
                    break;
                case DebugAttribute.LinkageName or DebugAttribute.MipsLinkageName:
                    entry.LinkageName = value.Text ?? "";
                    break;
                case DebugAttribute.ByteSize:
                    entry.ByteSize = number ?? 0;
                    break;
                case DebugAttribute.BitSize:
                    entry.BitSize = number ?? 0;
                    break;
                case DebugAttribute.UpperBound:
                    entry.Count = (number ?? 0) + 1;
                    break;
                case DebugAttribute.Count:
                    entry.Count = number ?? 0;
                    break;
                case DebugAttribute.MemberLocation:
                    entry.Location = number;
                    break;
                case DebugAttribute.File:
                    entry.File = number;
                    break;
                case DebugAttribute.Line:
                    entry.Line = number;
                    break;
                case DebugAttribute.Declaration:
                    entry.IsDeclaration = true;
                    break;
                case DebugAttribute.Encoding:
                    entry.Encoding = number ?? 0;
                    break;
                case DebugAttribute.BitOffset:
                    entry.BitOffset = number ?? 0;
                    break;
                case DebugAttribute.Type when value.Kind != DebugValueKind.Signature:
                    entry.Type = ReferenceOf(value, start);
                    break;
                case DebugAttribute.Type or DebugAttribute.Signature:
                    entry.Signature = value.Number;
                    break;
                case DebugAttribute.AbstractOrigin or DebugAttribute.Specification:
                    entry.Origin = ReferenceOf(value, start);
                    break;
                case DebugAttribute.LowAddress:
                    entry.Address = value.Address;
                    break;
                case DebugAttribute.Location:
                    entry.HasPlace = true;
                    entry.Address = value.Kind == DebugValueKind.Expression && abbreviation.Tag == DebugTag.Variable ? _forms.AddressIn(value.Number, unit) : entry.Address;
                    break;
                case DebugAttribute.Folder when entry.IsUnit && value.Text is { Length: > 0 } folder:
                    unit.Folder = folder;
                    break;
                case DebugAttribute.Lines when entry.IsUnit && (!_isSplit || entry.Tag == DebugTag.TypeUnit):
                    unit.Lines = number;
                    break;
                case DebugAttribute.StringOffsets:
                    unit.StringOffsets = number ?? 0;
                    break;
                case DebugAttribute.Addresses or DebugAttribute.GnuAddresses:
                    unit.Addresses = number ?? 0;
                    break;
                case DebugAttribute.SplitName or DebugAttribute.GnuSplitName when !_isSplit:
                    unit.SplitName = value.Text;
                    break;
            }
        }
        return entry;
    }

    private int? ReferenceOf(DebugValue value, int start) => value.Kind switch
    {
        DebugValueKind.Number => Reference(value.Number, start),
        DebugValueKind.GlobalReference => Reference(value.Number, 0),
        _ => null,
    };

    private int Reference(ulong offset, int start) => (int)Math.Min(offset + (ulong)start + (ulong)_base, int.MaxValue);
}
