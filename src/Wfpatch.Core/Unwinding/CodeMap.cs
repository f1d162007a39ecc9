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

    public UnwindFailureReason FindRow(Address pc, ref FrameRow row, out ReadOnlySpan<byte> table, out bool isSignalFrame)
    {
        pc = Resolve(pc);
        for (int i = CountUpTo(pc) - 1; i >= 0 && _reach[i] > pc; i--)
        {
            int index = _tables[i].IndexOf(pc);
            if (index >= 0)
            {
                table = _tables[i].Bytes;
                isSignalFrame = _tables[i].IsSignalFrame(index);
                return _tables[i].RunTo(index, pc, ref row);
            }
        }
        table = default;
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
