// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>
/// Rows that were found before, by program counter: to run call frame instructions takes several times as long as to use the row
/// that they give, and a deep stack has many frames. A hash table with open addressing that is made once and never grows: it
/// allocates nothing while a thread is stopped. Full, it takes no more. For one thread at a time, and for one <see cref="Unwinder"/>.
/// </summary>
public sealed class RowCache
{
    private const int Places = 2048, MostUsed = 1536;

    private readonly Entry[] _entries = new Entry[Places];
    private int _used;

    private struct Entry
    {
        public Address ProgramCounter;
        public int Table;
        public bool IsSignalFrame;
        public FrameRow Row;
    }

    internal bool TryGet(Address pc, ref FrameRow row, out int table, out bool isSignalFrame)
    {
        ref readonly var entry = ref _entries[PlaceOf(pc)];
        bool isThere = pc != Address.Zero && entry.ProgramCounter == pc;
        if (isThere)
        {
            row = entry.Row;
        }
        table = entry.Table;
        isSignalFrame = isThere && entry.IsSignalFrame;
        return isThere;
    }

    internal void Add(Address pc, in FrameRow row, int table, bool isSignalFrame)
    {
        if (_used < MostUsed && pc != Address.Zero)
        {
            _used++;
            _entries[PlaceOf(pc)] = new Entry { ProgramCounter = pc, Table = table, IsSignalFrame = isSignalFrame, Row = row };
        }
    }

    // Where it stands or would stand. A quarter of the places is always empty.
    private int PlaceOf(Address pc)
    {
        int place = (int)((pc.Value * 0x9e3779b97f4a7c15) >> 53);
        while (_entries[place].ProgramCounter != pc && _entries[place].ProgramCounter != Address.Zero)
        {
            place = (place + 1) % Places;
        }
        return place;
    }
}
