// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Diffing;

/// <param name="Function">A new function of the unit.</param>
internal readonly record struct MarkedCallback(CallbackKind Kind, UnitDiff Unit, Piece Function);

/// <summary>What the author of a change tells wfpatch in it, with the macros of include/wfpatch-patch.h: pointers to functions and variables in sections
/// that the program never reads. What the old build said already belongs to an earlier patch.</summary>
internal static class PatchMarks
{
    public const string SectionPrefix = ".wfpatch.";
    public const string DataSection = ".wfpatch.data_changed";

    /// <summary>Of the variable that the engine asks by.</summary>
    public const string BlockSection = ".wfpatch.calls";

    private static readonly ImmutableArray<(string Section, CallbackKind Kind)> CallbackSections =
    [
        (".wfpatch.pre_apply", CallbackKind.PreApply), (".wfpatch.post_apply", CallbackKind.PostApply),
        (".wfpatch.pre_revert", CallbackKind.PreRevert), (".wfpatch.post_revert", CallbackKind.PostRevert),
    ];

    /// <summary>The new callbacks, in the order of units and of marks in them.</summary>
    public static ImmutableArray<MarkedCallback> CallbacksOf(ImmutableArray<UnitDiff> units) =>
    [
        .. from unit in units
           where unit.New is not null
           from kind in CallbackSections
           from target in TargetsIn(unit.New!, kind.Section)
           let function = target as PieceTarget
           where function is not null && unit.New!.Pieces[function.Piece].Kind == PieceKind.Code
           let piece = unit.New!.Pieces[function.Piece]
           where unit.OldOf(piece) is null
           select new MarkedCallback(kind.Kind, unit, piece),
    ];

    /// <summary>Marks in the sections of callbacks that name nothing that could be called, and sections that nobody knows.</summary>
    public static IEnumerable<(UnitDiff Unit, string Section, string Name)> BadIn(ImmutableArray<UnitDiff> units)
    {
        foreach (var unit in units.Where(u => u.New is not null))
        {
            foreach (var piece in unit.New!.Pieces.Where(p => p.Kind == PieceKind.Marks && p.SectionName != DataSection && !CallbackSections.Any(c => c.Section == p.SectionName)))
            {
                yield return (unit, piece.SectionName, piece.Name);
            }
            foreach (var (section, target) in CallbackSections.SelectMany(c => TargetsIn(unit.New!, c.Section).Select(t => (c.Section, t))))
            {
                bool isCode = target is PieceTarget inside && unit.New!.Pieces[inside.Piece].Kind == PieceKind.Code;
                if (!isCode)
                {
                    yield return (unit, section, target is ExternalTarget outside ? outside.Name : "a place that is no function");
                }
            }
        }
    }

    /// <summary>The variables that are marked as changed, by unit and name; global ones by name alone.</summary>
    public static ImmutableHashSet<(string Unit, string Name)> ChangedDataOf(ImmutableArray<UnitDiff> units) =>
    [
        .. from unit in units
           where unit.New is not null
           from target in TargetsIn(unit.New!, DataSection)
           select target switch
           {
               PieceTarget inside when unit.New!.Pieces[inside.Piece] is var piece => (piece.IsGlobal ? "" : unit.Unit, piece.Name),
               ExternalTarget outside => ("", outside.Name),
               _ => (unit.Unit, ""),
           },
    ];

    public static string Describe(CallbackKind kind) => kind switch
    {
        CallbackKind.PreApply => "before the patch is applied",
        CallbackKind.PostApply => "when the patch is in force",
        CallbackKind.PreRevert => "before the patch is taken back",
        _ => "when the patch is taken back",
    };

    private static IEnumerable<ReferenceTarget> TargetsIn(ObjectModel model, string section) =>
        model.Pieces.Where(p => p.Kind == PieceKind.Marks && p.SectionName == section).SelectMany(p => p.References).Select(r => r.Target);
}
