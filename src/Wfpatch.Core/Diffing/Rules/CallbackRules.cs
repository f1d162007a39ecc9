// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Generations;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>What the macros of include/wfpatch-patch.h may say.</summary>
internal static class CallbackRules
{
    public static IEnumerable<Refusal> Check(ChangeSet changes)
    {
        foreach (var (unit, section, name) in PatchMarks.BadIn(changes.Units))
        {
            yield return DiffRefusals.BadCallback.About(name, $"{name} in {section} of {unit.Unit} is nothing that wfpatch could call or understand; use the macros of include/wfpatch-patch.h in the file that defines the function.").At(unit, unit.New!.FindCode(name));
        }
        foreach (var kind in changes.Callbacks.GroupBy(c => c.Kind).Where(g => g.Count() > CallbackBlock.MostFunctions))
        {
            yield return DiffRefusals.BadCallback.About("callbacks", $"There are {kind.Count()} callbacks to be called {PatchMarks.Describe(kind.Key)}, and at most {CallbackBlock.MostFunctions} can be.");
        }
    }
}
