// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Loads;

namespace Wfpatch.Lab.Demo;

/// <summary>All that a moment of the demo shows of one target. Views turn it into a picture and need nothing else.</summary>
public sealed record DemoFrame(string Name, string Title)
{
    /// <summary>What goes on now.</summary>
    public string Phase { get; init; } = "";

    public ImmutableArray<LoadSlot> Slots { get; init; } = [];

    public DemoTransition? Transition { get; init; }

    public string OldReply { get; init; } = "";

    public string NewReply { get; init; } = "";

    /// <summary>What else is to be said: one sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];
}
