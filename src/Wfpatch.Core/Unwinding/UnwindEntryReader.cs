// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Unwinding;

/// <summary>Reads the entries of one .eh_frame (CIEs and FDEs; LSB 5, section 10.6.1) and gathers them to a table.</summary>
internal sealed class UnwindEntryReader(byte[] bytes, Address bytesAt)
{
    private const byte ReturnAddressColumn = 16;

    private readonly Dictionary<int, int> _commonsByOffset = [];
    private readonly List<CommonEntry> _commons = [];
    private readonly List<(AddressRange Range, FunctionEntry Entry)> _functions = [];
    private int _used;

    /// <summary>Reads from the first entry to the zero terminator or the end.</summary>
    public void ReadAll()
    {
        int at = 0;
        while (at < bytes.Length && TryReadLength(at, out int body, out int end))
        {
            if (IdOf(body, end) != 0)
            {
                ReadFunction(body, end);
            }
            at = end;
        }
    }

    /// <summary>Reads the function's entry at an address, which must be that of a function that starts at <paramref name="start"/>.</summary>
    public void ReadFunction(Address entry, Address start)
    {
        if (entry < bytesAt || entry.Value - bytesAt.Value >= (ulong)bytes.Length || !TryReadLength((int)(entry - bytesAt), out int body, out int end))
        {
            throw new MalformedElfException($"the entry of {start} does not exist");
        }
        if (IdOf(body, end) == 0 || ReadFunction(body, end) != start)
        {
            throw new MalformedElfException($"the entry of {start} is that of something else");
        }
    }

    /// <param name="isCode">Says whether a range can be a function of this object.</param>
    public UnwindTable ToTable(string name, Func<AddressRange, bool> isCode)
    {
        _functions.Sort(static (a, b) => a.Range.Start.CompareTo(b.Range.Start));
        for (int i = 0; i < _functions.Count; i++)
        {
            var range = _functions[i].Range;
            if (!isCode(range))
            {
                throw new MalformedElfException($"it describes {range}, where it has no code");
            }
            if (i > 0 && range.Start < _functions[i - 1].Range.End)
            {
                throw new MalformedElfException($"it describes {range.Start} twice");
            }
        }
        return new UnwindTable(
            name, bytes[.._used], bytesAt, [.. _commons], [.. _functions.Select(f => f.Range)], [.. _functions.Select(f => f.Entry)]);
    }

    // False for the zero terminator.
    private bool TryReadLength(int at, out int body, out int end)
    {
        var reader = new DwarfReader(bytes);
        reader.MoveTo(at);
        uint length = reader.ReadUInt32();
        body = reader.Position;
        end = body;
        if (length == 0 && !reader.IsBroken)
        {
            return false;
        }
        // 0xffffffff announces a 64-bit length, which no compiler writes into .eh_frame.
        reader.Skip(length);
        if (reader.IsBroken || length < 4)
        {
            throw new MalformedElfException($"the entry at {bytesAt + at} ends outside it");
        }
        end = reader.Position;
        _used = Math.Max(_used, end);
        return true;
    }

    private uint IdOf(int body, int end)
    {
        var reader = new DwarfReader(bytes.AsSpan(0, end));
        reader.MoveTo(body);
        return reader.ReadUInt32();
    }

    private Address ReadFunction(int body, int end)
    {
        int commonIndex = FindCommon(body - (long)IdOf(body, end));
        var common = _commons[commonIndex];
        var reader = new DwarfReader(bytes.AsSpan(0, end));
        reader.MoveTo(body + 4);
        bool read = PointerEncoding.TryReadAddress(ref reader, common.PointerEncoding, bytesAt, null, out var start);
        read &= PointerEncoding.TryReadValue(ref reader, common.PointerEncoding, out ulong length);
        if (common.HasAugmentationData)
        {
            reader.Skip(reader.ReadUnsignedLeb());
        }
        if (!read || reader.IsBroken || length > long.MaxValue || start.Value + length < start.Value)
        {
            throw new MalformedElfException($"the entry at {bytesAt + body - 4} is damaged");
        }
        // Linkers leave entries of length 0 behind for functions that they dropped.
        if (length > 0)
        {
            _functions.Add((AddressRange.OfLength(start, (long)length), new FunctionEntry(commonIndex, reader.Position, end - reader.Position)));
        }
        return start;
    }

    private int FindCommon(long at)
    {
        if (at < 0 || at >= bytes.Length)
        {
            throw new MalformedElfException("an entry points outside it");
        }
        if (!_commonsByOffset.TryGetValue((int)at, out int index))
        {
            index = _commons.Count;
            _commons.Add(ReadCommon((int)at));
            _commonsByOffset.Add((int)at, index);
        }
        return index;
    }

    private CommonEntry ReadCommon(int at)
    {
        if (!TryReadLength(at, out int body, out int end) || IdOf(body, end) != 0)
        {
            throw new MalformedElfException($"the entry at {bytesAt + at} has not the kind that is expected");
        }
        var reader = new DwarfReader(bytes.AsSpan(0, end));
        reader.MoveTo(body + 4);
        byte version = reader.ReadByte();
        var augmentation = ReadAugmentation(ref reader);
        bool isKnown = version is 1 or 3 && (augmentation.IsEmpty || augmentation[0] == 'z');
        ulong codeAlignment = reader.ReadUnsignedLeb();
        long dataAlignment = reader.ReadSignedLeb();
        ulong returnColumn = version == 1 ? reader.ReadByte() : reader.ReadUnsignedLeb();
        var common = new CommonEntry(codeAlignment, dataAlignment, PointerEncoding.Absolute, !augmentation.IsEmpty, false, 0, 0);
        if (!isKnown || returnColumn != ReturnAddressColumn || !TryReadAugmentationData(ref reader, augmentation, ref common) || reader.IsBroken)
        {
            throw new MalformedElfException($"the entry at {bytesAt + at} is of an unknown kind");
        }
        return common with { InstructionsStart = reader.Position, InstructionsLength = end - reader.Position };
    }

    private ReadOnlySpan<byte> ReadAugmentation(ref DwarfReader reader)
    {
        int start = reader.Position;
        while (reader.ReadByte() != 0)
        {
        }
        return reader.IsBroken ? default : bytes.AsSpan(start, reader.Position - start - 1);
    }

    private static bool TryReadAugmentationData(ref DwarfReader reader, scoped ReadOnlySpan<byte> augmentation, ref CommonEntry common)
    {
        if (augmentation.IsEmpty)
        {
            return true;
        }
        ulong length = reader.ReadUnsignedLeb();
        long end = reader.Position + (long)Math.Min(length, int.MaxValue);
        foreach (byte letter in augmentation[1..])
        {
            switch (letter)
            {
                case (byte)'R': // how addresses are written
                    common = common with { PointerEncoding = reader.ReadByte() };
                    break;
                case (byte)'S':
                    common = common with { IsSignalFrame = true };
                    break;
                case (byte)'L': // how the pointer to the language's data is written: of no use here
                    reader.ReadByte();
                    break;
                case (byte)'P': // the personality routine: which one is of no use here
                    common = common with { HasPersonality = true };
                    if (!PointerEncoding.TryReadValue(ref reader, reader.ReadByte(), out _))
                    {
                        return false;
                    }
                    break;
                case (byte)'B': // return addresses signed with key B: AArch64 only
                    break;
                default:
                    return false;
            }
        }
        if (reader.Position > end)
        {
            return false;
        }
        reader.MoveTo(end);
        return true;
    }
}
