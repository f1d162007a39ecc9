// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Emission;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Unwind;

/// <summary>Collects the FDEs of new functions, and the CIEs that they need, into one table.</summary>
internal sealed class UnwindTableBuilder(ChangeSet changes, SymbolTable symbols)
{
    private const uint Alignment = 8;

    private readonly List<byte> _bytes = [];
    private readonly List<PatchRelocation> _relocations = [];
    private readonly Dictionary<string, int> _commonEntries = [];

    /// <summary>Null where there is nothing to carry. No terminator: the linker closes the table.</summary>
    public PatchSection? ToSection() =>
        _bytes.Count == 0 ? null : new PatchSection(".eh_frame", PatchSectionKind.UnwindTable, Alignment, _bytes.ToArray(), [.. _relocations]);

    /// <summary>Adds the FDEs of a unit's new functions; every function must have one.</summary>
    public IEnumerable<Refusal> Add(UnitDiff unit, ImmutableArray<IncludedPiece> functions)
    {
        var wanted = functions.ToDictionary(f => f.New.Index);
        foreach (var table in unit.New!.Pieces.Where(p => p.Kind == PieceKind.UnwindTable))
        {
            var (records, damage) = UnwindRecord.ReadAll(table.Bytes);
            if (records is not { } all)
            {
                yield return DiffRefusals.UnwindTable.About(unit.Unit, $"The unwind table of {unit.Unit} is damaged: {damage}.");
                yield break;
            }
            foreach (var record in all.Where(r => r.Cie is not null))
            {
                var inside = record.FieldsIn(table).ToList();
                var address = inside.FirstOrDefault(r => r.Field == record.Offset + UnwindRecord.AddressAt);
                if (address.Target is PieceTarget target && wanted.Remove(target.Piece, out var function)
                    && AddRecord(table, all, record, function, inside, address) is { } refusal)
                {
                    yield return refusal;
                }
            }
        }
        foreach (var function in wanted.Values)
        {
            yield return DiffRefusals.UnwindTable.About(function.Display, $"{function.Display} has no unwind information; compile both builds with -fasynchronous-unwind-tables, the default.").At(function);
        }
    }

    private Refusal? AddRecord(
        Piece table, ImmutableArray<UnwindRecord> all, UnwindRecord record, IncludedPiece function, List<Reference> inside, Reference address)
    {
        var common = all.FirstOrDefault(r => r.Cie is null && r.Offset == record.Cie);
        if (common.Bytes.IsEmpty || CommonEntry.Read(common.Bytes.Span) is not { } entry)
        {
            return DiffRefusals.UnwindTable.About(function.Display, $"The unwind information of {function.Display} is damaged.").At(function);
        }
        if (!entry.IsKnown || address is not { Type: RelocationType.Pc32, Offset: 0 })
        {
            return DiffRefusals.UnwindTable.About(function.Display, $"The unwind information of {function.Display} has an unknown form (augmentation \"{entry.Augmentation}\").").At(function);
        }
        var commonFields = Translate(function.Unit, common, table);
        var fields = Translate(function.Unit, record, table);
        if (commonFields is null || fields is null)
        {
            return DiffRefusals.ExceptionTables.About(function.Display, $"The exception table or personality routine of {function.Display} is nothing that a patch can carry.").At(function);
        }
        int commonAt = PlaceCommon(common.Bytes, commonFields);
        int at = _bytes.Count;
        byte[] bytes = record.Bytes.ToArray();
        // An FDE names its CIE by the distance back from this field.
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), at + 4 - commonAt);
        _bytes.AddRange(bytes);
        Add(at, fields);
        return null;
    }

    /// <summary>What a record's fields mean in the patch, by their distance from its start; null where one means nothing that it can have.</summary>
    private List<PatchRelocation>? Translate(UnitDiff unit, UnwindRecord record, Piece table)
    {
        var fields = new List<PatchRelocation>();
        foreach (var field in record.FieldsIn(table))
        {
            int? symbol = field.Target switch
            {
                PieceTarget inside when changes.Find(unit, unit.New!.Pieces[inside.Piece]) is { } own => symbols.Defined(own),
                ExternalTarget outside => symbols.Outside(outside.Name).Symbol,
                _ => null,
            };
            if (symbol is not { } known || RelocationField.WidthOf(field.Type) is null)
            {
                return null;
            }
            fields.Add(new PatchRelocation((uint)(field.Field - record.Offset), field.Type, known, field.Offset));
        }
        return fields;
    }

    private void Add(int at, IEnumerable<PatchRelocation> fields) => _relocations.AddRange(fields.Select(f => f with { Offset = (uint)at + f.Offset }));

    private int PlaceCommon(ReadOnlyMemory<byte> bytes, List<PatchRelocation> fields)
    {
        string key = $"{Convert.ToHexString(bytes.Span)} {string.Join(' ', fields)}";
        if (!_commonEntries.TryGetValue(key, out int at))
        {
            _commonEntries.Add(key, at = _bytes.Count);
            _bytes.AddRange(bytes.Span);
            Add(at, fields);
        }
        return at;
    }
}
