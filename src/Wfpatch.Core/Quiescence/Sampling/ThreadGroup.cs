// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Quiescence.Sampling;

/// <summary>A function whose start may be a quiescence point.</summary>
/// <param name="Seen">On how many busy stacks of the group it was.</param>
/// <param name="IsNameable">A profile can name it: by its library, or through a patch file that carries it.</param>
/// <param name="Reason">One sentence.</param>
public sealed record ProposedPoint(SampledFunction Function, int Seen, bool IsNameable, string Reason);

/// <summary>Threads that do the same.</summary>
/// <param name="Name">The threads' name, without the number that tells them apart.</param>
/// <param name="Loop">The innermost function that stays on their stacks; null where nothing was seen.</param>
/// <param name="Below">The functions that stay on their stacks, the outermost first, the loop last; without the C library's.</param>
/// <param name="IdleIn">Where they idle: system call and functions from the loop inwards; empty where they were never seen idle.</param>
/// <param name="Busy">How many busy stacks were seen.</param>
/// <param name="Points">Proposed points, the best first.</param>
/// <param name="Remark">What follows for the policy.</param>
public sealed record ThreadGroup(
    string Name, ImmutableArray<int> Threads, SampledFunction? Loop, ImmutableArray<SampledFunction> Below, string IdleIn, int Idle, int Busy,
    ImmutableArray<ProposedPoint> Points, string Remark);
