// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Unwinding;

/// <summary>
/// The call frame information of one loaded object or one piece of new code: .eh_frame (LSB 5, "Exception Frames"). Read once
/// from memory; lookups touch nothing but arrays of this object, allocate nothing and need no lock.
/// </summary>
public sealed class UnwindTable
{
    private readonly byte[] _bytes;
    private readonly Address _bytesAt;
    private readonly CommonEntry[] _commons;
    private readonly FunctionEntry[] _entries;

    internal UnwindTable(
        string name, byte[] bytes, Address bytesAt, CommonEntry[] commons, ImmutableArray<AddressRange> functions, FunctionEntry[] entries)
    {
        Name = name;
        _bytes = bytes;
        _bytesAt = bytesAt;
        _commons = commons;
        Functions = functions;
        _entries = entries;
    }

    /// <summary>How messages call the object.</summary>
    public string Name { get; }

    /// <summary>The code ranges that are described, by address, not overlapping. A function may have several (.cold parts).</summary>
    public ImmutableArray<AddressRange> Functions { get; }

    /// <summary>Whether a function of it has landing pads.</summary>
    public bool HasLandingPads => _commons.Any(c => c.HasPersonality);

    /// <summary>From the first function's start to the last one's end; empty where there is none.</summary>
    public AddressRange Range => Functions.IsEmpty ? default : new(Functions[0].Start, Functions[^1].End);

    /// <summary>Reads the table of an object as it lies in memory, by its PT_GNU_EH_FRAME header: through the header's search
    /// table or, where it has none, entry by entry. Exactly one of the results is not null.</summary>
    public static (UnwindTable? Table, Refusal? Refusal) Read(ElfImage image, IMemory memory)
    {
        if (image.UnwindHeader.Length == 0)
        {
            return (null, FileRefusals.NoUnwindTable.About(image.Name, $"{image.Name} has no table to unwind its stack frames with (.eh_frame_hdr)."));
        }
        return Reading(image.Name, () => UnwindTableReader.ReadImage(image, memory));
    }

    /// <summary>Reads a bare .eh_frame: new code has no header. It ends at a zero terminator or with its range.
    /// Exactly one of the results is not null.</summary>
    public static (UnwindTable? Table, Refusal? Refusal) ReadSection(IMemory memory, AddressRange section, string name) =>
        Reading(name, () => UnwindTableReader.ReadSection(memory, section, name));

    /// <summary>The described range that <paramref name="pc"/> lies in.</summary>
    public bool TryFind(Address pc, out AddressRange function)
    {
        int index = IndexOf(pc);
        function = index >= 0 ? Functions[index] : default;
        return index >= 0;
    }

    /// <summary>The rules that hold before the instruction at <paramref name="pc"/> runs.</summary>
    public UnwindFailureReason FindRow(Address pc, out FrameRow row)
    {
        row = default;
        int index = IndexOf(pc);
        return index >= 0 ? RunTo(index, pc, ref row) : UnwindFailureReason.NoEntry;
    }

    /// <summary>True where the function at <paramref name="pc"/> is the restorer that a signal handler returns to (augmentation "S").</summary>
    public bool IsSignalFrame(Address pc) => IndexOf(pc) is >= 0 and var index && IsSignalFrame(index);

    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>What a function's rules begin with, and its own call frame instructions.</summary>
    internal (CommonEntry Common, byte[] Instructions) Rules(int index)
    {
        ref readonly var entry = ref _entries[index];
        return (_commons[entry.Common], _bytes.AsSpan(entry.InstructionsStart, entry.InstructionsLength).ToArray());
    }

    internal bool IsSignalFrame(int index) => _commons[_entries[index].Common].IsSignalFrame;

    internal UnwindFailureReason RunTo(int index, Address pc, ref FrameRow row)
    {
        ref readonly var entry = ref _entries[index];
        return CallFrameProgram.Run(_bytes, _bytesAt, in _commons[entry.Common], in entry, Functions[index].Start, pc, ref row);
    }

    /// <summary>The index in <see cref="Functions"/> of the range around <paramref name="pc"/>, or -1.</summary>
    internal int IndexOf(Address pc)
    {
        var functions = Functions.AsSpan();
        int low = 0;
        int high = functions.Length;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) / 2);
            if (functions[middle].Start <= pc)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low > 0 && pc < functions[low - 1].End ? low - 1 : -1;
    }

    private static (UnwindTable? Table, Refusal? Refusal) Reading(string name, Func<UnwindTable> read)
    {
        try
        {
            return (read(), null);
        }
        catch (MalformedElfException malformed)
        {
            return (null, FileRefusals.BadUnwindTable.About(name, $"{name} has an unwind table that cannot be used: {malformed.Message}."));
        }
    }
}
