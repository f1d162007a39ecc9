// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Loads;

/// <summary>The requests of one connection, one by one: written by its thread, taken away by whoever measures, often enough. Neither waits or allocates.</summary>
public sealed class SampleTrack
{
    /// <summary>More than a minute of a thousand requests a second.</summary>
    private const int Capacity = 1 << 16;

    private readonly Sample[] _ring = new Sample[Capacity];
    private long _written; // by the writer alone; pairs with the read of it in Drain
    private long _taken; // by the reader alone; pairs with the read of it in Add
    private long _lost;

    /// <summary>When the last one that was taken away was due.</summary>
    public long LastDueNs { get; private set; }

    public void Add(Sample sample)
    {
        long written = _written;
        if (written - Volatile.Read(ref _taken) == Capacity)
        {
            _lost++;
            return;
        }
        _ring[written % Capacity] = sample;
        Volatile.Write(ref _written, written + 1);
    }

    /// <exception cref="InvalidOperationException">It was not asked for too long, and some were lost.</exception>
    public void Drain(List<Sample> into)
    {
        long written = Volatile.Read(ref _written);
        for (long at = _taken; at < written; at++)
        {
            into.Add(_ring[at % Capacity]);
            LastDueNs = _ring[at % Capacity].DueNs;
        }
        Volatile.Write(ref _taken, written);
        if (Volatile.Read(ref _lost) > 0)
        {
            throw new InvalidOperationException($"more than {Capacity} requests of a connection came between two looks; some are lost");
        }
    }
}
