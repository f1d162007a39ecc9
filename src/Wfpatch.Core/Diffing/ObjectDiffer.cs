// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Emission;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Diffing.Rules;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing;

/// <summary>From two builds of a program's objects to what a patch must hold.</summary>
public static class ObjectDiffer
{
    /// <summary>Compares one object; its unit is the name of the source file that the old object tells, else the object's name.</summary>
    public static DiffResult Diff(ElfFile oldObject, ElfFile newObject, DiffOptions options)
    {
        string? source = oldObject.Symbols.FirstOrDefault(s => s.Kind == SymbolKind.File && s.Name.Length > 0)?.Name;
        return Diff([new UnitPair(source ?? oldObject.Name, oldObject, newObject)], options);
    }

    /// <summary>Compares all objects of one program or library. Units that do not change are worth giving too: they tell
    /// where global symbols are, and lend anchors.</summary>
    public static DiffResult Diff(ImmutableArray<UnitPair> units, DiffOptions options) =>
        RefuseOrigin(units) ?? Diff([.. units.Select(Compare)], options);

    /// <summary>Refusals where files are none that can be compared: programs, objects for link-time optimisation, other languages; null where all are.</summary>
    public static DiffResult? RefuseOrigin(ImmutableArray<UnitPair> units)
    {
        var linked = units.SelectMany(u => new[] { u.Old, u.New }).OfType<ElfFile>().Where(f => !f.IsRelocatable)
            .Select(f => DiffRefusals.NotAnObject.About(f.Name, $"{f.Name} is no object file; name object files (.o), or trees that hold them.")).Distinct().ToImmutableArray();
        if (!linked.IsEmpty)
        {
            return new DiffResult(null, [], linked);
        }
        var strange = OriginRules.Check(units);
        return strange.IsEmpty ? null : new DiffResult(null, [], strange);
    }

    /// <summary>Compares one unit; units are independent of each other, so that several may be compared at once.</summary>
    public static ComparedUnit Compare(UnitPair unit) => new(UnitDiff.Of(unit));

    /// <summary>What all units of one program or library come to, each of them compared.</summary>
    public static DiffResult Diff(ImmutableArray<ComparedUnit> units, DiffOptions options)
    {
        ImmutableArray<UnitDiff> compared = [.. units.Select(u => u.Diff)];
        var changes = Close.Over(compared, options.WantedNames);
        var refusals = Verify.All(changes, options);
        if (!refusals.IsEmpty)
        {
            return new DiffResult(null, ForPeople(changes), refusals);
        }
        var (patch, late) = Emit.Patch(changes, options);
        return new DiffResult(patch, ForPeople(changes), late) { Notes = [.. TypeRules.Notes(changes), .. RedirectRules.Notes(changes)] };
    }

    private static ImmutableArray<PieceChange> ForPeople(ChangeSet changes) =>
    [
        .. from included in changes.Included
           let kind = included.IsVariable ? ChangeKind.Variable : !included.IsCode ? ChangeKind.Data : included.Old is null && !included.IsPart ? ChangeKind.Added : ChangeKind.Changed
           orderby kind, included.Unit.Unit, included.New.Index
           select new PieceChange(kind, included.New.Name, included.Unit.Unit, included.Reason),
        .. from removed in DataRules.Removed(changes)
           select new PieceChange(ChangeKind.Removed, removed.Old.Name, removed.Unit.Unit, "the new build does without it"),
    ];
}
