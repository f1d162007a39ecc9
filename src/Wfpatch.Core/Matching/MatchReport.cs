// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Matching;

/// <summary>Says for each old function what is against the match, if anything.</summary>
internal sealed class MatchReport
{
    private const int MostPlacesNamed = 16;

    private readonly ObjectPatch _patch;
    private readonly OldCode[] _codes;
    private readonly PlacementFinder _finder;
    private readonly RunningCode _running;
    private readonly Agreement _agreement;
    private readonly Lazy<HashSet<int>> _needed;

    public MatchReport(ObjectPatch patch, OldCode[] codes, PlacementFinder finder, RunningCode running, Agreement agreement)
    {
        _patch = patch;
        _codes = codes;
        _finder = finder;
        _running = running;
        _agreement = agreement;
        _needed = new(FindNeeded);
    }

    public static string ObjectName(ObjectPatch patch) => patch.ObjectName.Length == 0 ? "the main program" : patch.ObjectName;

    /// <param name="found">The places before any was struck out.</param>
    /// <param name="closest">The closest of the places that do not fit.</param>
    public IEnumerable<Refusal> Judge(int function, List<Placement> found, Mismatch closest)
    {
        var left = _agreement.Remaining[function];
        if (left.Count == 1 || (left.Count > 1 && CanDoWithout(function, left)))
        {
            yield break;
        }
        if (left.Count > 1)
        {
            yield return Ambiguous(_codes[function], left);
        }
        else if (_agreement.Conflicts[function] is { } conflict)
        {
            yield return Contradiction(_codes[function], conflict);
        }
        else if (found.Count == 0)
        {
            var nearest = Expected(_codes[function]) ?? (closest.Closeness > 0 ? closest : _finder.Closest(_codes[function]));
            yield return NotFound(_codes[function], nearest);
        }
    }

    /// <summary>
    /// A hole may hold anything, so changed bytes in it are not noticed as such. But where a function of the same unit is called,
    /// a function must begin: somebody has changed the call, or it is not this program. (Calls of other units may lead to
    /// linkage tables, and assembly without an unwind table is in no function at all.)
    /// </summary>
    public IEnumerable<Refusal> FindMisled()
    {
        foreach (var ((symbol, _), known) in _agreement.Known.Where(k => k.Key.Aspect == Aspect.Value))
        {
            var called = _patch.Symbols[symbol];
            Address at = new(known.Value);
            if (called is { Kind: PatchSymbolKind.Function, IsDefinedByPatch: false, Unit.Length: > 0 }
                && _running.Around(at) is { } around && around.Code.Start != at && around.Entry != at)
            {
                yield return MatchRefusals.FunctionNotFound.About(called.Name,
                    $"{_codes[known.Source].Display} leads to {at} of {ObjectName(_patch)} for {called.Display}, into the middle of the function at {around.Code.Start}.");
            }
        }
    }

    // Symbols of the running program that new code refers to.
    private HashSet<int> FindNeeded() =>
        [.. _patch.Sections.SelectMany(s => s.Relocations).Select(r => r.Symbol).Where(s => (uint)s < (uint)_patch.Symbols.Length && !_patch.Symbols[s].IsDefinedByPatch)];

    private bool CanDoWithout(int function, IReadOnlyList<Placement> left)
    {
        var old = _codes[function];
        return _patch.OldFunctions[old.Index].Role == OldFunctionRole.Anchor
            && left[0].Symbols.All(f => _agreement.Known.ContainsKey(f.Key) || !_needed.Value.Contains(f.Symbol) || _patch.Symbols[f.Symbol].Unit.Length == 0);
    }

    // Where another function's hole says that this one must be: a difference there is worth more than the closest one elsewhere.
    private Mismatch? Expected(OldCode old)
    {
        if (_agreement.Find(old.Function.Symbol) is not { } known)
        {
            return null;
        }
        foreach (var there in _running.WithEntries(new HashSet<Address> { new(known.Value) }))
        {
            var (placement, mismatch) = _finder.TryPlace(old, there);
            return placement is null ? mismatch : null;
        }
        return null;
    }

    private Refusal Ambiguous(OldCode old, IReadOnlyList<Placement> left)
    {
        string places = string.Join(", ", left.Take(MostPlacesNamed).Select(p => p.Running.Entry.ToString()));
        string more = left.Count > MostPlacesNamed ? $" and {left.Count - MostPlacesNamed} more places" : "";
        return MatchRefusals.FunctionAmbiguous.About(old.Function.Name,
            $"{old.Display} may be the function at any of {places}{more} in {ObjectName(_patch)}; build the patch with a caller of it as anchor.");
    }

    private Refusal Contradiction(OldCode old, Conflict conflict) =>
        MatchRefusals.SymbolContradiction.About(old.Function.Name,
            $"{_patch.Symbols[conflict.Symbol].Display} is at {new Address(conflict.Known.Value)} by {_codes[conflict.Known.Source].Display}, but at {new Address(conflict.Other)} by {old.Display}.");

    private Refusal NotFound(OldCode old, Mismatch closest)
    {
        string where = $"{old.Display}+0x{closest.Offset:x} at {closest.Place} of {ObjectName(_patch)}";
        string symbol = closest.Symbol >= 0 ? _patch.Symbols[closest.Symbol].Display : "";
        return closest.Kind switch
        {
            MismatchKind.None or MismatchKind.Code when closest.Offset == 0 => MatchRefusals.FunctionNotFound.About(old.Function.Name, $"No function of {ObjectName(_patch)} begins like {old.Display}."),
            MismatchKind.Code => MatchRefusals.FunctionNotFound.About(old.Function.Name,
                $"No function of {ObjectName(_patch)} is {old.Display}; the closest one, at {closest.Place}, differs from {old.Function.Name}+0x{closest.Offset:x} on."),
            MismatchKind.Constant => MatchRefusals.ConstantDiffers.About(old.Function.Name, $"{where} uses a constant, at {closest.Found}, that differs from {symbol}."),
            MismatchKind.Import => MatchRefusals.ImportDiffers.About(old.Function.Name, $"{where} uses {closest.Found}, but the old code uses {symbol}."),
            MismatchKind.Contradiction => MatchRefusals.SymbolContradiction.About(old.Function.Name, $"{where} gives {symbol} another value, {closest.Found}, than the rest of the function."),
            _ => MatchRefusals.ProgramUnreadable.About(old.Function.Name, $"{where} goes through a slot at {closest.Found} that cannot be read."),
        };
    }
}
