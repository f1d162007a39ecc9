// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>All rules over one change set; every refusal is told, not the first alone.</summary>
internal static class Verify
{
    public static ImmutableArray<Refusal> All(ChangeSet changes, DiffOptions options)
    {
        var all = UnitRules.Check(changes)
            .Concat(DataRules.Check(changes, options))
            .Concat(LeftOutRules.Check(changes, options))
            .Concat(SectionRules.Check(changes))
            .Concat(SymbolRules.Check(changes))
            .Concat(CodeRules.Check(changes))
            .Concat(RegisterRules.Check(changes))
            .Concat(CallbackRules.Check(changes))
            .Concat(TypeRules.Check(changes, options))
            .Concat(RedirectRules.Check(changes))
            .Distinct()
            .ToImmutableArray();
        bool isEmpty = !changes.Included.Any(i => i.IsCode && i.Old is not null);
        return isEmpty && all.IsEmpty
            ? [DiffRefusals.NoDifference.About("the builds", "No function of the running program differs between the two builds; check that the change reaches the compiled code.")]
            : all;
    }
}
