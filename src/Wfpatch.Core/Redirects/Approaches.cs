// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Iced.Intel;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.X86;

namespace Wfpatch.Core.Redirects;

/// <summary>
/// Looks for anything in a program or library that may lead a thread into a few bytes of a function, other than the function's own
/// direct branches. An address there would have to come from somewhere: a branch's displacement; a word of data (tables of switches,
/// of labels); an address that code computes (lea, an immediate), alone or with differences from a table; or arithmetic on a
/// label of the function. What may be one counts as one.
/// </summary>
public sealed class Approaches(ObjectCode code)
{
    private const int Word = 4, MostEntries = 1 << 16;

    private readonly Lazy<ImmutableArray<NamedAddress>> _named = new(() =>
        [.. code.Code.SelectMany(c => NamedAddresses.Find(c.Bytes, c.Start, code.IsPositionIndependent))]);

    /// <param name="into">Bytes of <paramref name="function"/>, behind its first one.</param>
    /// <returns>Where it stands that may lead there, or null.</returns>
    public Address? Find(AddressRange into, AddressRange function)
    {
        bool jumps = JumpsToComputed(function);
        return FindBranch(into, function) ?? FindWord(into) ?? FindAbsolute(into, jumps) ?? FindNamed(into, function, jumps) ?? (jumps ? FindInTables(into) : null);
    }

    /// <summary>A call of an address, or anything that names it: an operand or a word of data; not a jump. Null: none.</summary>
    public Address? FindReference(AddressRange to)
    {
        foreach (var (start, bytes) in code.Code)
        {
            if (BranchScan.Find(bytes.Span, start, to, default, at => !IsOperand(at, i => i.FlowControl == FlowControl.Call && to.Contains(new Address(i.NearBranchTarget)))) is { } call)
            {
                return call;
            }
        }
        return FindWord(to) ?? FindAbsolute(to, jumps: false) ?? _named.Value.Where(n => to.Contains(n.Named)).Select(n => (Address?)n.At).FirstOrDefault();
    }

    /// <summary>Whether a function, or a part of it that it jumps to, jumps to computed addresses: only those use its labels.</summary>
    private bool JumpsToComputed(AddressRange function)
    {
        if (code.Read(function) is not { } own)
        {
            return true;
        }
        var instructions = X86.CodeReader.Decode(own, function.Start).ToList();
        return Jumps(instructions) || instructions.Where(IsDirectJump).Select(i => new Address(i.NearBranchTarget)).Where(t => !function.Contains(t)).Distinct()
            .Any(t => code.FindFunction(t) is not { } part || Jumps(X86.CodeReader.Decode(part.Bytes, part.Range.Start)));
    }

    private static bool Jumps(IEnumerable<Instruction> instructions) => instructions.Any(i => i.FlowControl == FlowControl.IndirectBranch);

    private static bool IsDirectJump(Instruction instruction) =>
        instruction.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch && instruction.Op0Kind is OpKind.NearBranch64;

    private static bool IsDirect(Instruction instruction) =>
        instruction.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch or FlowControl.Call or FlowControl.XbeginXabortXend
        && instruction.Op0Kind is OpKind.NearBranch64;

    /// <summary>Whether what looks like an operand is one. It is none in the middle of another instruction: where its function
    /// decodes from its start to its end, and its own branches agree with that.</summary>
    private bool IsOperand(Address at, Func<Instruction, bool> isMeant)
    {
        if (code.FindFunction(at) is not { } function)
        {
            return true;
        }
        HashSet<ulong> starts = [];
        List<ulong> targets = [];
        Instruction around = default;
        var end = function.Range.Start;
        foreach (var instruction in X86.CodeReader.Decode(function.Bytes, function.Range.Start))
        {
            starts.Add(instruction.IP);
            if (instruction.HasLockPrefix)
            {
                starts.Add(instruction.IP + 1); // it may be jumped over
            }
            end = new Address(instruction.NextIP);
            around = at.Value >= instruction.IP && at < end ? instruction : around;
            if (IsDirect(instruction) && function.Range.Contains(new Address(instruction.NearBranchTarget)))
            {
                targets.Add(instruction.NearBranchTarget);
            }
        }
        bool isUnderstood = end == function.Range.End && targets.TrueForAll(starts.Contains);
        return !isUnderstood || isMeant(around);
    }

    private static bool IsAddressIn(Instruction instruction, AddressRange range) =>
        (instruction.IsIPRelativeMemoryOperand && range.Contains(new Address(instruction.IPRelativeMemoryAddress)))
        || range.Contains(new Address(instruction.MemoryDisplacement64)) || range.Contains(new Address(instruction.Immediate32));

    private Address? FindBranch(AddressRange into, AddressRange function)
    {
        foreach (var (start, bytes) in code.Code)
        {
            if (BranchScan.Find(bytes.Span, start, into, function, at => !IsOperand(at, i => IsDirect(i) && into.Contains(new Address(i.NearBranchTarget)))) is { } found)
            {
                return found;
            }
        }
        return null;
    }

    /// <summary>An address as a word of eight bytes in data, as tables of a switch and of labels hold them.</summary>
    private Address? FindWord(AddressRange into)
    {
        foreach (var (start, bytes) in code.Data)
        {
            int found = MemoryMarshal.Cast<byte, ulong>(bytes.Span).IndexOfAnyInRange(into.Start.Value, into.End.Value - 1);
            if (found >= 0)
            {
                return start + (found * sizeof(ulong));
            }
        }
        return code.Relocated.Any(into.Contains) ? into.Start : null;
    }

    /// <summary>An absolute address of four bytes: an operand in code; a word of a table, if it would be used.</summary>
    private Address? FindAbsolute(AddressRange into, bool jumps)
    {
        if (code.IsPositionIndependent || into.End.Value > uint.MaxValue)
        {
            return null;
        }
        foreach (var (start, bytes) in code.Code)
        {
            for (int i = 0; i + Word <= bytes.Length; i++)
            {
                bool isFound = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[i..]) - into.Start.Value < into.Length;
                if (isFound && IsOperand(start + i, instruction => IsAddressIn(instruction, into)))
                {
                    return start + i;
                }
            }
        }
        foreach (var (start, bytes) in jumps ? code.Data : [])
        {
            int found = MemoryMarshal.Cast<byte, uint>(bytes.Span).IndexOfAnyInRange((uint)into.Start.Value, (uint)into.End.Value - 1);
            if (found >= 0)
            {
                return start + (found * Word);
            }
        }
        return null;
    }

    /// <summary>A label of the function that code computes: from there arithmetic may lead anywhere in it. Its entry is one only for itself, and only
    /// where it jumps to computed addresses at all.</summary>
    private Address? FindNamed(AddressRange into, AddressRange function, bool jumps)
    {
        foreach (var named in _named.Value)
        {
            bool isLabel = named.Named > function.Start && named.Named < function.End;
            bool isOwnEntry = jumps && named.Named == function.Start && function.Contains(named.At);
            if ((isLabel || isOwnEntry) && IsOperand(named.At, i => IsAddressIn(i, AddressRange.OfLength(named.Named, 1))))
            {
                return named.At;
            }
        }
        return null;
    }

    /// <summary>Differences of four bytes from the table's own beginning, which code names: switches of position-independent code. A table is taken to
    /// go on as long as its differences lead to code.</summary>
    private Address? FindInTables(AddressRange into)
    {
        foreach (var table in _named.Value)
        {
            if (FindEntry(table.Named, into) is { } entry)
            {
                return entry;
            }
        }
        return null;
    }

    private Address? FindEntry(Address table, AddressRange into)
    {
        foreach (var (start, bytes) in code.Data.Concat(code.Code))
        {
            if (table < start || table >= start + bytes.Length)
            {
                continue;
            }
            for (int at = (int)(table - start), last = Math.Min(bytes.Length - Word, at + (MostEntries * Word)); at <= last; at += Word)
            {
                var target = table + BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[at..]);
                if (into.Contains(target))
                {
                    return start + at;
                }
                if (!code.IsCode(target))
                {
                    break;
                }
            }
        }
        return null;
    }
}
