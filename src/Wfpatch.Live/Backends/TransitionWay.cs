// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;

namespace Wfpatch.Live.Backends;

/// <summary>How threads go over.</summary>
/// <param name="Policy">The quiescence policy, for status.</param>
/// <param name="Canaries">Not 0: so many threads alone.</param>
/// <param name="Replaces">All patches that are in force go with it.</param>
public sealed record TransitionWay(string Policy, int Canaries = 0, Consistency Consistency = Consistency.Local, bool Replaces = false)
{
    public BackendKind Backend { get; init; }
}
