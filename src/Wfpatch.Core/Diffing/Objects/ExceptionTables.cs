// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Unwind;

namespace Wfpatch.Core.Diffing.Objects;

/// <param name="Table">The piece that holds the function's language specific data (.gcc_except_table).</param>
/// <param name="Offset">Where in it they begin.</param>
/// <param name="Personality">Name of what the unwinder calls the routine by.</param>
internal readonly record struct ExceptionTablePlace(int Table, long Offset, string Personality);

/// <summary>Which functions of an object have an exception table, by its .eh_frame: the CIE names the personality routine and the FDE
/// the table (LSB core 5.0, 10.6.1, augmentations P and L).</summary>
internal sealed class ExceptionTables
{
    private readonly Dictionary<int, ExceptionTablePlace> _places = [];
    private readonly Dictionary<int, ImmutableArray<int>> _pieces = [];

    private ExceptionTables()
    {
    }

    public static ExceptionTables Of(ObjectModel model)
    {
        var tables = new ExceptionTables();
        foreach (var frames in model.Pieces.Where(p => p.Kind == PieceKind.UnwindTable))
        {
            tables.Add(model, frames);
        }
        return tables;
    }

    /// <summary>Null for a function without one.</summary>
    public ExceptionTablePlace? Of(Piece function) => _places.TryGetValue(function.Index, out var place) ? place : null;

    /// <summary>What must come along with a function so that it can be unwound: its table, the pointer to the personality routine.</summary>
    public ImmutableArray<int> PiecesFor(Piece function) => _pieces.GetValueOrDefault(function.Index, []);

    // A damaged table is refused where a function of it is to be carried (UnwindTableBuilder).
    private void Add(ObjectModel model, Piece frames)
    {
        var all = UnwindRecord.ReadAll(frames.Bytes).Records ?? [];
        foreach (var record in all.Where(r => r.Cie is not null))
        {
            var fields = record.FieldsIn(frames).ToList();
            if (fields.FirstOrDefault(r => r.Field == record.Offset + UnwindRecord.AddressAt).Target is not PieceTarget function)
            {
                continue;
            }
            var common = all.FirstOrDefault(r => r.Offset == record.Cie && r.Cie is null);
            var personality = common.Bytes.IsEmpty ? [] : common.FieldsIn(frames).Select(f => f.Target).ToList();
            var pointed = fields.Where(f => f.Field != record.Offset + UnwindRecord.AddressAt).ToList();
            _pieces[function.Piece] = [.. personality.Concat(pointed.Select(f => f.Target)).OfType<PieceTarget>().Select(t => t.Piece)
                .Where(p => model.Pieces[p] is { Kind: PieceKind.ExceptionTable } or { IsIndirection: true })];
            if (pointed is [{ Target: PieceTarget table } only])
            {
                _places[function.Piece] = new(table.Piece, only.Offset, personality is [var routine] ? NameOf(model, routine) : "");
            }
        }
    }

    private static string NameOf(ObjectModel model, ReferenceTarget target) => target switch
    {
        PieceTarget inside => model.Pieces[inside.Piece].Name,
        ExternalTarget outside => outside.Name,
        _ => "",
    };
}
