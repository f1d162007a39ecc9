// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>Finds the table, and the row in it, for an address of the target. Allocates nothing after its construction.</summary>
internal sealed class CodeMap
{
    private readonly UnwindTable[] _tables;
    private readonly AddressRange[] _ranges;

    // The highest end among the tables up to this one: a look backwards can stop below it.
    private readonly Address[] _reach;
    private readonly CodeAlias[] _aliases;

    public CodeMap(IEnumerable<UnwindTable> tables, IEnumerable<CodeAlias> aliases)
    {
        _tables = [.. tables.Where(t => !t.Functions.IsEmpty).OrderBy(t => t.Range.Start)];
        _ranges = [.. _tables.Select(t => t.Range)];
        _aliases = [.. aliases.OrderBy(a => a.Range.Start)];
        _reach = new Address[_ranges.Length];
        for (int i = 0; i < _ranges.Length; i++)
        {
            _reach[i] = i > 0 && _reach[i - 1] > _ranges[i].End ? _reach[i - 1] : _ranges[i].End;
        }
    }

    /// <summary>Whether an address may be in code that a table describes.</summary>
    public bool Contains(Address pc) => CountUpTo(pc) is > 0 and var count && _reach[count - 1] > pc;

    public UnwindFailureReason FindRow(Address pc, RowCache? cache, ref FrameRow row, out ReadOnlySpan<byte> table, out bool isSignalFrame)
    {
        if (cache is not null && cache.TryGet(pc, ref row, out int known, out isSignalFrame))
        {
            table = _tables[known].Bytes;
            return UnwindFailureReason.None;
        }
        var reason = FindRow(pc, ref row, out int index, out isSignalFrame);
        table = index >= 0 ? _tables[index].Bytes : default;
        if (cache is not null && reason == UnwindFailureReason.None)
        {
            cache.Add(pc, in row, index, isSignalFrame);
        }
        return reason;
    }

    private UnwindFailureReason FindRow(Address pc, ref FrameRow row, out int table, out bool isSignalFrame)
    {
        pc = Resolve(pc);
        for (int i = CountUpTo(pc) - 1; i >= 0 && _reach[i] > pc; i--)
        {
            int index = _tables[i].IndexOf(pc);
            if (index >= 0)
            {
                table = i;
                isSignalFrame = _tables[i].IsSignalFrame(index);
                return _tables[i].RunTo(index, pc, ref row);
            }
        }
        table = -1;
        isSignalFrame = false;
        return UnwindFailureReason.NoEntry;
    }

    private Address Resolve(Address pc)
    {
        int low = 0;
        int high = _aliases.Length;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) / 2);
            if (_aliases[middle].Range.Start <= pc)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low > 0 && pc < _aliases[low - 1].Range.End ? _aliases[low - 1].SameAs : pc;
    }

    private int CountUpTo(Address pc)
    {
        int low = 0;
        int high = _ranges.Length;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) / 2);
            if (_ranges[middle].Start <= pc)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low;
    }
}
