// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Loads;

/// <summary>One request of a load.</summary>
/// <param name="DueNs">When it was due, on the <see cref="MonotonicClock"/>.</param>
/// <param name="LatencyNs">From then until its reply was read.</param>
/// <param name="Reply">What came back; Wrong also where the connection was lost.</param>
public readonly record struct Sample(long DueNs, long LatencyNs, Reply Reply);
