// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Live.Migrations;

/// <summary>A thread that did not come.</summary>
public sealed record MissingThread(int Id, string Name, Blocker Blocker);

/// <summary>One time that threads of a target waited for each other.</summary>
/// <param name="Began">When the first of them was held, since arming began.</param>
/// <param name="Waited">How long that one waited, which is longest.</param>
/// <param name="Held">How many waited.</param>
/// <param name="Missing">For whom; empty: all came, or threads were made all the time.</param>
public sealed record GatheringAttempt(TimeSpan Began, TimeSpan Waited, int Held, ImmutableArray<MissingThread> Missing);
