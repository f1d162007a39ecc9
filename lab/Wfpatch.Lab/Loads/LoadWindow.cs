// SPDX-License-Identifier: Apache-2.0
using HdrHistogram;

namespace Wfpatch.Lab.Loads;

/// <summary>Adds up what came in one window of a measurement (before, during, after): counts and one histogram of all its slots.</summary>
public sealed class LoadWindow(string name)
{
    private readonly LongHistogram _all = LoadGenerator.NewHistogram();

    public string Name { get; } = name;

    public LoadCounts Counts { get; private set; }

    public Latency Latency => Latency.Of(_all);

    /// <summary>The largest latency, in microseconds.</summary>
    public double WorstUs => _all.TotalCount == 0 ? 0 : _all.GetMaxValue() / 1000.0;

    public void Add(HistogramBase slot, LoadCounts counts)
    {
        _all.Add(slot);
        Counts += counts;
    }
}
