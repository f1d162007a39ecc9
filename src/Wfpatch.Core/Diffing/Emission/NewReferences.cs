// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Emission;

/// <summary>Says for each reference of new code what it shall mean in the running program: the patch's own, or what is there already.</summary>
internal sealed class NewReferences(ChangeSet changes, SymbolTable symbols, Func<ConstantTarget, int> constants)
{
    public (ImmutableArray<PatchRelocation> Relocations, List<Refusal> Refusals) Translate(IncludedPiece included)
    {
        var relocations = ImmutableArray.CreateBuilder<PatchRelocation>();
        var refusals = new List<Refusal>();
        foreach (var reference in included.New.References)
        {
            if (Resolve(included, reference) is var (symbol, distance))
            {
                relocations.Add(new PatchRelocation(reference.Field, reference.Type, symbol, distance - reference.Bias));
            }
            else
            {
                refusals.Add(DiffRefusals.InteriorReference.About(included.Display,
                    $"{included.Display} points into the middle of {NameOf(included, reference)}, which is not a part of it.").At(included));
            }
        }
        return (relocations.ToImmutable(), refusals);
    }

    private static string NameOf(IncludedPiece included, Reference reference) =>
        reference.Target is PieceTarget inside ? included.Unit.New!.Pieces[inside.Piece].Name : "another function";

    private (int Symbol, long Distance)? Resolve(IncludedPiece included, Reference reference) => reference.Target switch
    {
        PieceTarget inside when included.Unit.New!.Pieces[inside.Piece] is { Kind: PieceKind.Code } code => ResolveCode(included, code, reference),
        PieceTarget inside => ResolveData(included, included.Unit.New!.Pieces[inside.Piece], reference.Offset),
        ConstantTarget constant => (constants(constant), reference.Offset),
        ExternalTarget outside when DsoHandle.IsOwn(changes, outside) => (constants(DsoHandle.Constant), reference.Offset),
        ExternalTarget outside => ResolveOutside(outside.Name, reference.Offset),
        _ => null,
    };

    private (int Symbol, long Distance)? ResolveCode(IncludedPiece included, Piece target, Reference reference)
    {
        var unit = included.Unit;
        var there = changes.Find(unit, target);
        bool isJumpTable = !included.IsCode && RelocationField.IsPcRelative(reference.Type);
        if (there is { IsReplacement: false } || (there is not null && (Close.IsInterior(reference) || isJumpTable)))
        {
            // An added function, a part of a function, or a place within a new body that only its relatives may know.
            bool isOwn = there.Old is null || !Close.IsInterior(reference) || !included.IsCode || IsRelated(unit, included.New, target);
            return isOwn ? (symbols.Defined(there), reference.Offset) : null;
        }
        // Everybody else enters by the original entry: function pointers stay comparable, and each call chooses the caller's generation.
        return unit.OldOf(target) is { } old ? symbols.Running(unit, old, reference.Offset) : null;
    }

    private static bool IsRelated(UnitDiff unit, Piece a, Piece b)
    {
        int Root(Piece p) => (unit.New!.ParentOf(p) ?? p).Index;
        return Root(a) == Root(b);
    }

    private (int Symbol, long Distance)? ResolveData(IncludedPiece included, Piece target, long offset)
    {
        if (changes.Find(included.Unit, target) is { } there)
        {
            return (symbols.Defined(there), offset);
        }
        return included.Unit.OldOf(target) is { } old ? symbols.Running(included.Unit, old, offset) : null;
    }

    private (int Symbol, long Distance)? ResolveOutside(string name, long offset)
    {
        if (changes.OldGlobals.Find(name) is null && changes.NewGlobals.Find(name) is { } added && changes.Find(added.Unit, added.Piece) is { } there)
        {
            return (symbols.Defined(there), added.Offset + offset);
        }
        var (symbol, distance) = symbols.Outside(name);
        return (symbol, distance + offset);
    }
}
