// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing;

/// <summary>What a comparison came to. Either a patch or at least one refusal; the changes as far as they were found in both cases.</summary>
public sealed record DiffResult(ObjectPatch? Patch, ImmutableArray<PieceChange> Changes, ImmutableArray<Refusal> Refusals)
{
    /// <summary>What is not refused and the author should know: what could not be checked, and why a process may refuse the patch.</summary>
    public ImmutableArray<Refusal> Notes { get; init; } = [];
}

public enum ChangeKind
{
    /// <summary>A function, or a piece of one, that has a new body.</summary>
    Changed,

    /// <summary>A function that only the new build has, and that new code needs.</summary>
    Added,

    /// <summary>Read-only data that new code brings along.</summary>
    Data,

    /// <summary>A variable that only the new build has, and that new code needs.</summary>
    Variable,

    /// <summary>A variable that only the old build has. Its memory stays, for threads in the old code.</summary>
    Removed,
}

/// <param name="Reason">Why it counts as changed, in words for people.</param>
public sealed record PieceChange(ChangeKind Kind, string Name, string Unit, string Reason);
