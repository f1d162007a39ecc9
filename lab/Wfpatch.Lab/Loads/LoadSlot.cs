// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Loads;

/// <summary>What a load saw in one short stretch of time.</summary>
/// <param name="Start">From the start of the load.</param>
public sealed record LoadSlot(TimeSpan Start, TimeSpan Length, LoadCounts Counts, Latency Latency, double WorstUs);
