// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Live.Backends;

/// <summary>Functions that came with a patch: nothing leads from them to another version.</summary>
internal static class AddedCode
{
    /// <summary>Null: the function is the program's own.</summary>
    public static Refusal? FindObstacle(TargetState state, Address function, string name) =>
        state.Images.FirstOrDefault(i => i.Range.Contains(function)) is { } owner
            ? TransitionRefusals.AddedByPatch.About(name, $"{name} came with {owner.PatchName}, and code of a patch has no jump to another one: build one patch of both fixes with --replace.")
            : null;
}
