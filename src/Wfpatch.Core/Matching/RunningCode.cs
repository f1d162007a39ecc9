// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Matching;

/// <summary>A running function with its bytes: <paramref name="Length"/> bytes at <paramref name="Offset"/> in a block that neighbours share.</summary>
internal readonly record struct RunningBytes(RunningFunction Function, byte[] Block, int Offset, int Length, UInt128 Prefix)
{
    /// <summary>Bytes in <see cref="Prefix"/>, the first ones of the code, little endian; zeros stand for what is not there.</summary>
    public const int PrefixSize = 16;

    public ReadOnlySpan<byte> Span => Block.AsSpan(Offset, Length);
}

/// <summary>The code of all candidate places, read once in large blocks: a program has tens of thousands of functions.</summary>
internal sealed class RunningCode
{
    private const ulong LargestFunction = 64 << 20;
    private const long LargestBlock = 64 << 20;
    private const long LargestGap = 1 << 16;

    private readonly RunningBytes[] _all;
    private readonly Dictionary<Address, RunningFunction> _starts = [];

    private RunningCode(RunningBytes[] all)
    {
        _all = all;
        foreach (var running in all)
        {
            _starts.TryAdd(running.Function.Code.Start, running.Function);
        }
    }

    public IReadOnlyList<RunningBytes> All => _all;

    /// <summary>Reads what can be read; places with an impossible length are left out.</summary>
    public static RunningCode Read(IReadOnlyList<RunningFunction> functions, IMemory memory)
    {
        var sorted = functions.Where(f => f.Code.Length is > 0 and <= LargestFunction && f.Code.End <= Address.UserEnd).Distinct().OrderBy(f => f.Code.Start).ToArray();
        var all = new List<RunningBytes>(sorted.Length);
        for (int first = 0; first < sorted.Length;)
        {
            int last = first;
            var start = sorted[first].Code.Start;
            var end = sorted[first].Code.End;
            while (last + 1 < sorted.Length && sorted[last + 1].Code.Start - end <= LargestGap && sorted[last + 1].Code.End - start <= LargestBlock)
            {
                last++;
                end = sorted[last].Code.End > end ? sorted[last].Code.End : end;
            }
            AddBlock(all, sorted.AsSpan(first, last - first + 1), new AddressRange(start, end), memory);
            first = last + 1;
        }
        return new RunningCode([.. all]);
    }

    /// <summary>The places whose code may be that of <paramref name="old"/>, by length and first bytes.</summary>
    public IEnumerable<RunningBytes> Candidates(OldCode old)
    {
        // A jump of 6 bytes may have been 2 or the other way round, and padding may differ.
        int least = old.Bytes.Length / 3;
        int most = (old.Bytes.Length * 3) + 64;
        foreach (var running in _all)
        {
            if (((running.Prefix ^ old.Prefix) & old.PrefixMask) == UInt128.Zero && running.Length >= least && running.Length <= most)
            {
                yield return running;
            }
        }
    }

    public RunningFunction? At(Address start) => _starts.TryGetValue(start, out var found) ? found : null;

    /// <summary>The function whose code an address is in.</summary>
    public RunningFunction? Around(Address address)
    {
        foreach (var running in _all)
        {
            if (running.Function.Code.Contains(address))
            {
                return running.Function;
            }
        }
        return null;
    }

    /// <summary>The places with one of these entries, whatever their code is.</summary>
    public IEnumerable<RunningBytes> WithEntries(IReadOnlySet<Address> entries) => _all.Where(r => entries.Contains(r.Function.Entry));

    private static void AddBlock(List<RunningBytes> all, ReadOnlySpan<RunningFunction> functions, AddressRange range, IMemory memory)
    {
        if (memory.Read(range.Start, (int)range.Length) is { } block)
        {
            foreach (var function in functions)
            {
                int offset = (int)(function.Code.Start - range.Start);
                all.Add(new RunningBytes(function, block, offset, (int)function.Code.Length, FirstBytes(block.AsSpan(offset, (int)function.Code.Length))));
            }
        }
        else if (functions.Length > 1)
        {
            foreach (var function in functions)
            {
                AddBlock(all, [function], function.Code, memory);
            }
        }
    }

    private static UInt128 FirstBytes(ReadOnlySpan<byte> bytes)
    {
        Span<byte> first = stackalloc byte[RunningBytes.PrefixSize];
        bytes[..Math.Min(first.Length, bytes.Length)].CopyTo(first);
        return BinaryPrimitives.ReadUInt128LittleEndian(first);
    }
}
