// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Loads;

/// <summary>
/// A fixed rate: request n is due at start + n * interval, however late the ones before it were. Latency counts from the time
/// a request was due, so that a server that stands still for 10 ms shows in all the requests it delayed (coordinated omission).
/// </summary>
/// <param name="StartNs">When request 0 is due.</param>
/// <param name="IntervalNs">Between two requests of this connection.</param>
public readonly record struct Schedule(long StartNs, double IntervalNs)
{
    /// <summary>The schedule of connection <paramref name="index"/> of <paramref name="count"/>, which share a rate and take turns.</summary>
    public static Schedule OfConnection(int index, int count, double requestsPerSecond, long startNs)
    {
        double interval = 1e9 * count / requestsPerSecond;
        return new(startNs + (long)(interval * index / count), interval);
    }

    public long DueNs(long request) => StartNs + (long)(request * IntervalNs);
}
