// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Quiescence;

namespace Wfpatch.Live.Migrations;

/// <summary>Code that holds a thread in its generation while it is on the thread's stack.</summary>
/// <param name="Why">Completes the sentence "it is in NAME, ...".</param>
public sealed record HeldCode(string Name, AddressRange Range, string Why)
{
    /// <summary>
    /// All of it for the open transition: every version of the replaced functions, and where points are armed, the functions
    /// that start there. A thread in one of these is in the middle of a request: were it migrated there because it is blocked,
    /// the rest of the request would be served by another version. It comes by the point again. (Of a program that announces its points itself, RequestFrames tells who is in a request.)
    /// </summary>
    public static ImmutableArray<HeldCode> Of(TargetState state) =>
    [
        .. new TransitionWrites(state).OldCode().Select(o => new HeldCode(o.Name, o.Range, "which the patch replaces")),
        .. state.Hooks.Where(h => h.IsArmed && h.Kind == HookKind.Point && state.Transition?.Policy != ExplicitPoint.PolicyName).Select(h => new HeldCode(h.Name, h.Function, "in a request that began before")),
    ];
}
