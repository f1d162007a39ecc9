// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;

namespace Wfpatch.Core.Names;

/// <summary>Code of ours in a target, by the name that tools shall show.</summary>
/// <param name="Patch">The patch that brought it; empty for a trampoline, which serves all.</param>
public sealed record NamedCode(string Name, AddressRange Range, string Patch)
{
    /// <summary>All that a state knows by name, by address: new functions, their parts, trampolines.</summary>
    public static ImmutableArray<NamedCode> Of(TargetState state)
    {
        var functions = state.Images.SelectMany(i => i.Functions.Select(f => new NamedCode(f.Name, f.New, i.PatchName))
            .Concat(i.Added.Select(a => new NamedCode(a.Name, a.Code, i.PatchName))));
        var trampolines = state.Redirects.Select(r => (r.Name, r.Plan)).Concat(state.Hooks.Select(h => (h.Name, h.Plan)))
            .Concat(state.Unwinders.Select(u => (Name: "_Unwind_Find_FDE", u.Plan)))
            .Select(t => new NamedCode($"{t.Name}.trampoline", t.Plan.TrampolineRange, ""));
        return [.. functions.Concat(trampolines).OrderBy(c => c.Range.Start)];
    }
}
