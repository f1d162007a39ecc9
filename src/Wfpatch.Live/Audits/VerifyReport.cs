// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Audits;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Controllers;

namespace Wfpatch.Live.Audits;

/// <summary>Whether a patched target is as its state says.</summary>
/// <param name="Message">One sentence for people.</param>
public sealed record VerifyReport(Outcome Outcome, string Message)
{
    /// <summary>How many things were compared: entries, trampolines, new code, functions, mappings, copies of the state.</summary>
    public int Checked { get; init; }

    public ImmutableArray<Difference> Differences { get; init; } = [];

    /// <summary>The differences, or why nothing could be compared.</summary>
    public ImmutableArray<Refusal> Refusals { get; init; } = [];

    public static VerifyReport Refused(Refusal refusal) => new(Outcome.Refused, refusal.Sentence) { Refusals = [refusal] };
}
