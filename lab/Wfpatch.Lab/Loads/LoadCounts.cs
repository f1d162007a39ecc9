// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Loads;

/// <summary>Requests by what they came back with.</summary>
/// <param name="Requests">All that were sent.</param>
/// <param name="Wrong">Replies that were not what had to come.</param>
/// <param name="Lost">Connections lost or without a reply in time.</param>
public readonly record struct LoadCounts(long Requests, long Old, long New, long Mixed, long Wrong, long Lost)
{
    public long Errors => Wrong + Lost;

    public static LoadCounts operator +(LoadCounts a, LoadCounts b) =>
        new(a.Requests + b.Requests, a.Old + b.Old, a.New + b.New, a.Mixed + b.Mixed, a.Wrong + b.Wrong, a.Lost + b.Lost);

    public static LoadCounts operator -(LoadCounts a, LoadCounts b) =>
        new(a.Requests - b.Requests, a.Old - b.Old, a.New - b.New, a.Mixed - b.Mixed, a.Wrong - b.Wrong, a.Lost - b.Lost);
}
