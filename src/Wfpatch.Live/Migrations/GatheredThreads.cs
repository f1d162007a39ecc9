// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Migrations;

/// <summary>What a list of all threads says to those that are known.</summary>
internal enum Listing
{
    /// <summary>Nobody lives but they; and only a thread makes a thread.</summary>
    AllKnown,

    /// <summary>There are others, which are known now.</summary>
    Grown,

    /// <summary>More than there is room for.</summary>
    TooMany,

    /// <summary>Not even those that are held are in it: it could not be read, or the process was killed.</summary>
    NotWhole,
}

/// <summary>The threads of a target that shall be held all at once. But for <see cref="Reset"/> nothing is allocated.</summary>
internal sealed class GatheredThreads(Target target)
{
    /// <summary>More threads than that are not held at once.</summary>
    private const int Most = 2048;

    private readonly GatheredThread[] _threads = new GatheredThread[Most];
    private readonly int[] _listed = new int[Most];
    private int _cursor;

    public int Count { get; private set; }

    public ReadOnlySpan<GatheredThread> All => _threads.AsSpan(0, Count);

    public ref GatheredThread this[int index] => ref _threads[index];

    /// <param name="threads">Those that are to be looked for first before the others; of more than there is room for, <see cref="Relist"/> tells.</param>
    public void Reset(IEnumerable<GatheredThread> threads)
    {
        Count = 0;
        _cursor = 0;
        foreach (var thread in threads.Take(Most))
        {
            _threads[Count++] = thread;
        }
    }

    /// <summary>The next thread that is not held; -1: there is none. First, as long as nobody waits, those that were missing most often.</summary>
    public int FindAway(int held)
    {
        int hardest = held == 0 ? _threads[0].Misses : 0;
        for (int i = 0; i < Count; i++)
        {
            int at = (_cursor + i) % Count;
            if (IsAway(at) && _threads[at].Misses >= hardest)
            {
                _cursor = at + 1;
                return at;
            }
        }
        // The hardest ones have ended.
        return hardest > 0 ? FindAnyAway() : -1;
    }

    /// <summary>Looks whether anybody lives who is not held. One that was said to have ended and is in the list is away again: where a call on it failed, that proves nothing,
    /// and its number may be another thread's by now.</summary>
    public Listing Relist(int held)
    {
        int listed = QuietProcFs.ReadThreads(target.Process, _listed);
        if (listed < held)
        {
            return Listing.NotWhole;
        }
        bool hasGrown = false;
        for (int i = 0, before = Count; i < Math.Min(listed, Most); i++)
        {
            int id = _listed[i], at = IndexOf(id, before);
            if (at >= 0 && _threads[at].State == GatheredState.Ended && !HasEnded(id))
            {
                _threads[at].State = GatheredState.Away;
                hasGrown = true;
            }
            else if (at < 0)
            {
                if (Count == Most)
                {
                    return Listing.TooMany;
                }
                _threads[Count++] = new GatheredThread(id, ThreadControlBlock.Find(target.Linux, target.Memory, id))
                {
                    Sleeps = -1,
                    State = QuietProcFs.IsOfKernel(target.Process, id) ? GatheredState.OfKernel : GatheredState.Away,
                };
                hasGrown = true;
            }
        }
        return listed > Most ? Listing.TooMany : hasGrown ? Listing.Grown : Listing.AllKnown;
    }

    private int FindAnyAway()
    {
        for (int i = 0; i < Count; i++)
        {
            if (IsAway(i))
            {
                return i;
            }
        }
        return -1;
    }

    private bool IsAway(int index) => _threads[index].State is GatheredState.Away or GatheredState.Late;

    // A main thread that has ended is listed as long as the process lives. What cannot be read is no proof.
    private bool HasEnded(int id) => QuietProcFs.TryReadState(target.Process, id, out byte state, out _) && state is ((byte)'Z' or (byte)'X');

    private int IndexOf(int id, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (_threads[i].Id == id)
            {
                return i;
            }
        }
        return -1;
    }
}
