// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Elf;

/// <summary>The versions of an object's dynamic symbols (LSB core specification, "Symbol Versioning"): DT_VERSYM has an index for each symbol, DT_VERDEF
/// and DT_VERNEED the names behind the indexes.</summary>
internal sealed class SymbolVersions
{
    private const int Local = 0, Base = 1, IndexMask = 0x7fff, Hidden = 0x8000, MostEntries = 0x8000;

    private readonly byte[] _indexes;
    private readonly Dictionary<int, string> _names;

    private SymbolVersions(byte[] indexes, Dictionary<int, string> names)
    {
        _indexes = indexes;
        _names = names;
    }

    /// <param name="indexes">DT_VERSYM.</param>
    /// <param name="definitions">DT_VERDEF; zero: none.</param>
    /// <param name="needs">DT_VERNEED; zero: none.</param>
    /// <param name="name">Reads a name at an offset of the table of strings.</param>
    public static SymbolVersions Read(IMemory memory, byte[] indexes, Address definitions, Address needs, Func<ulong, string> name)
    {
        var names = new Dictionary<int, string>();
        // vd_version, vd_flags, vd_ndx, vd_cnt, vd_hash, vd_aux, vd_next; vda_name, vda_next.
        foreach (var (at, entry) in Chain(memory, definitions, 20, 16))
        {
            const int IsBase = 1;
            bool isBase = (BinaryPrimitives.ReadUInt16LittleEndian(entry.AsSpan(2)) & IsBase) != 0;
            if (!isBase && memory.TryReadUInt32(at + BinaryPrimitives.ReadUInt32LittleEndian(entry.AsSpan(12)), out uint text))
            {
                names[BinaryPrimitives.ReadUInt16LittleEndian(entry.AsSpan(4)) & IndexMask] = name(text);
            }
        }
        // vn_version, vn_cnt, vn_file, vn_aux, vn_next; vna_hash, vna_flags, vna_other, vna_name, vna_next.
        foreach (var (at, entry) in Chain(memory, needs, 16, 12))
        {
            foreach (var (_, need) in Chain(memory, at + BinaryPrimitives.ReadUInt32LittleEndian(entry.AsSpan(8)), 16, 12))
            {
                names[BinaryPrimitives.ReadUInt16LittleEndian(need.AsSpan(6)) & IndexMask] = name(BinaryPrimitives.ReadUInt32LittleEndian(need.AsSpan(8)));
            }
        }
        return new SymbolVersions(indexes, names);
    }

    /// <summary>The version that a symbol has, or needs where it is undefined; null: none.</summary>
    public string? NameOf(int symbol) => _names.GetValueOrDefault(IndexOf(symbol) & IndexMask);

    /// <summary>False where it is only for programs that were linked against this version, as memcpy@GLIBC_2.2.5 beside memcpy@@GLIBC_2.14.</summary>
    public bool IsDefault(int symbol) => (IndexOf(symbol) & Hidden) == 0;

    /// <summary>How much the loader likes a symbol for a reference (glibc, elf/dl-lookup.c, check_match): 0 not at all. To a version belongs the same one, or a symbol
    /// without one that is not hidden; to a reference without a version one without, or the object's first version, else the default one.</summary>
    public int RankFor(int symbol, string? wanted)
    {
        const int First = 2;
        return wanted is null
            ? (IndexOf(symbol) & IndexMask) <= First ? 2 : IsDefault(symbol) ? 1 : 0
            : NameOf(symbol) is { } own ? (own == wanted ? 2 : 0) : IsDefault(symbol) ? 1 : 0;
    }

    private int IndexOf(int symbol) => (symbol * 2) + 1 < _indexes.Length ? BinaryPrimitives.ReadUInt16LittleEndian(_indexes.AsSpan(symbol * 2)) : symbol == 0 ? Local : Base;

    // Entries that each say how far it is to the next one.
    private static IEnumerable<(Address At, byte[] Entry)> Chain(IMemory memory, Address first, int size, int next)
    {
        var at = first;
        for (int i = 0; i < MostEntries && at != Address.Zero && memory.Read(at, size) is { } entry; i++)
        {
            yield return (at, entry);
            uint distance = BinaryPrimitives.ReadUInt32LittleEndian(entry.AsSpan(next));
            if (distance == 0)
            {
                yield break;
            }
            at += distance;
        }
    }
}
