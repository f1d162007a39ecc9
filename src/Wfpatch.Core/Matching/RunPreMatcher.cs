// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Matching;

/// <summary>
/// The run-pre match (Arnold and Kaashoek, "Ksplice: Automatic Rebootless Kernel Updates", EuroSys 2009, section 4.2): finds where
/// the functions stand that a patch was built against, makes sure that their code is the expected one, and solves their relocations
/// for the addresses of the symbols, also in stripped programs.
/// </summary>
public static class RunPreMatcher
{
    /// <param name="patch">The patch; its old functions are looked for.</param>
    /// <param name="functions">All functions of the loaded object, as its unwind table has them: exact, or with the padding behind them.</param>
    /// <param name="memory">The target, for code, constants and slots.</param>
    /// <param name="image">The loaded object, for the names of its imports; null: unknown.</param>
    /// <returns>The match, or null and all that is against it. Every old function is in the match, except for anchors that fit at
    /// several places and whose symbols are known without them, or are global so that the linker can ask the loaded objects.</returns>
    public static (Match? Match, ImmutableArray<Refusal> Refusals) Match(
        ObjectPatch patch, IReadOnlyList<RunningFunction> functions, IMemory memory, ElfImage? image)
    {
        var (codes, malformed) = Prepare(patch);
        if (malformed.Length > 0)
        {
            return (null, malformed);
        }
        var running = RunningCode.Read(functions, memory);
        if (running.All.Count == 0 && codes.Length > 0)
        {
            string subject = MatchReport.ObjectName(patch);
            return (null, [MatchRefusals.ProgramUnreadable.About(subject, $"None of the {functions.Count} functions of {subject} can be read; check that the process still runs.")]);
        }
        var finder = new PlacementFinder(patch, memory, image, running);
        (codes, var found) = CopyChoice.Of(patch, codes, [.. codes.Select(finder.Find)]);
        var agreement = Agreement.Of(codes, [.. found.Select(f => f.Placements.ToList())], new PointerTables(patch, memory, image));
        var report = new MatchReport(patch, codes, finder, running, agreement);
        var refusals = codes.SelectMany((_, i) => report.Judge(i, found[i].Placements, found[i].Closest)).Concat(report.FindMisled()).ToImmutableArray();
        return refusals.Length > 0 ? (null, refusals) : (Conclude(codes, agreement), []);
    }

    /// <summary>The old functions that stand nowhere in the object; each is compared by itself, and what their holes say of each other is not.</summary>
    public static ImmutableArray<FunctionDifference> FindDifferent(ObjectPatch patch, IReadOnlyList<RunningFunction> functions, IMemory memory, ElfImage? image)
    {
        var (codes, _) = Prepare(patch);
        var known = codes.Select(c => c.Index).ToHashSet();
        var finder = new PlacementFinder(patch, memory, image, RunningCode.Read(functions, memory));
        (codes, var places) = CopyChoice.Of(patch, codes, [.. codes.Select(finder.Find)]);
        return
        [
            .. patch.OldFunctions.Index().Where(f => f.Item.Role is not (OldFunctionRole.Table or OldFunctionRole.Copy) && !known.Contains(f.Index)).Select(f => new FunctionDifference(f.Item.Name, f.Item.Unit, "its code cannot be read")),
            .. from both in codes.Zip(places)
               where both.Second.Placements.Count == 0
               select new FunctionDifference(both.First.Function.Name, both.First.Function.Unit, Describe(patch, both.Second.Closest)),
        ];
    }

    private static string Describe(ObjectPatch patch, Mismatch closest)
    {
        string symbol = closest.Symbol >= 0 ? patch.Symbols[closest.Symbol].Display : "a symbol";
        return closest.Kind switch
        {
            MismatchKind.None or MismatchKind.Code when closest.Offset == 0 => "no function begins like it",
            MismatchKind.None or MismatchKind.Code => $"its code differs from +0x{closest.Offset:x} on",
            MismatchKind.Constant => $"the constant {symbol} differs",
            MismatchKind.Import => $"it uses {closest.Found} in place of {symbol}",
            _ => $"what it refers to as {symbol} differs",
        };
    }

    private static (OldCode[] Codes, ImmutableArray<Refusal> Refusals) Prepare(ObjectPatch patch)
    {
        var codes = new List<OldCode>(patch.OldFunctions.Length);
        var refusals = ImmutableArray.CreateBuilder<Refusal>();
        for (int i = 0; i < patch.OldFunctions.Length; i++)
        {
            if (patch.OldFunctions[i].Role == OldFunctionRole.Table)
            {
                continue;
            }
            var (code, malformed) = OldCode.Prepare(patch, i);
            refusals.AddRange(malformed);
            if (code is not null)
            {
                codes.Add(code);
            }
        }
        return ([.. codes], refusals.ToImmutable());
    }

    private static Match Conclude(OldCode[] codes, Agreement agreement)
    {
        var matched = ImmutableArray.CreateBuilder<MatchedFunction>();
        for (int i = 0; i < codes.Length; i++)
        {
            if (agreement.Remaining[i] is [var only])
            {
                matched.Add(new MatchedFunction(codes[i].Index, only.Running));
            }
        }
        var known = agreement.Known;
        return new Match(matched.ToImmutable(), known.Where(k => k.Key.Aspect == Aspect.Value).ToImmutableDictionary(k => k.Key.Symbol, k => k.Value.Canonical))
        {
            ThreadPlaces = known.Where(k => k.Key.Aspect == Aspect.ModuleOffset).ToImmutableDictionary(
                k => k.Key.Symbol,
                k => new ThreadPlace(known.TryGetValue((k.Key.Symbol, Aspect.Module), out var module) ? module.Value : null, k.Value.Value)),
        };
    }
}
