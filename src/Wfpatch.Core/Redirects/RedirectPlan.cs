// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Core.Redirects;

/// <summary>The one write that turns a function's first instruction into a jump: a single byte, or one aligned quadword.
/// Either is seen whole by every processor that fetches the instruction.</summary>
public sealed record EntryWrite(Address Address, ReadOnlyMemory<byte> Old, ReadOnlyMemory<byte> New)
{
    public AddressRange Range => AddressRange.OfLength(Address, New.Length);

    /// <summary>The bytes that really change, for collisions: a quadword write repeats neighbours that stay.</summary>
    public EntryWrite Trimmed()
    {
        int first = 0;
        int last = New.Length - 1;
        while (first < last && Old.Span[first] == New.Span[first])
        {
            first++;
        }
        while (last > first && Old.Span[last] == New.Span[last])
        {
            last--;
        }
        return new EntryWrite(Address + first, Old[first..(last + 1)], New[first..(last + 1)]);
    }
}

/// <summary>How one function will be redirected.</summary>
/// <param name="Tactic">The name of the tactic that won.</param>
/// <param name="FirstInstruction">The old first instruction's bytes; or of all instructions that the jump takes the place of (<see cref="StopTactic"/>).</param>
/// <param name="Jump">The address of the opcode byte of the jump that leads to the trampoline.</param>
/// <param name="Trampoline">Where the jump leads.</param>
/// <param name="TrampolineLength">Bytes that are reserved there.</param>
public sealed record RedirectPlan(
    Address Entry, string Tactic, ReadOnlyMemory<byte> FirstInstruction, EntryWrite Write, Address Jump, Address Trampoline, int TrampolineLength)
{
    /// <summary>How many instructions are evicted at most for one redirect.</summary>
    public const int MostEvicted = 3;

    // A short jump, and the jump that it leads to.
    private const int LongestLook = 2 + sbyte.MaxValue + Trampolines.NearJump.Length;

    /// <summary>A later instruction of the same function that is made a jump to a copy of itself first, and stays one: its new bytes
    /// are this redirect's displacement (<see cref="SuccessorTactic"/>). Another one may have been evicted for it in the same way. Null: the
    /// displacement is as it was.</summary>
    public RedirectPlan? Evicted { get; init; }

    /// <summary>Whether the entry becomes a short jump to that jump, which stands in an evicted instruction (<see cref="NeighbourTactic"/>).</summary>
    public bool IsShort => Jump < Entry || Jump >= Continuation;

    /// <summary>Whether the jump takes the place of more than one instruction: then it is written while no thread is inside of them, once,
    /// and stays.</summary>
    public bool DisplacesSeveral => X86.CodeReader.DecodeFirst(FirstInstruction.Span, Entry) is { } first && first.Length < FirstInstruction.Length;

    /// <summary>Itself, behind what is evicted for it: in the order in which they are written.</summary>
    public IEnumerable<RedirectPlan> All => Evicted is null ? [this] : [.. Evicted.All, this];

    public AddressRange TrampolineRange => AddressRange.OfLength(Trampoline, TrampolineLength);

    /// <summary>The four bytes after the opcode: as long as the redirect is on, nobody may change them.</summary>
    public AddressRange Displacement => AddressRange.OfLength(Jump + 1, 4);

    /// <summary>All bytes that are read as displacements on the way to the trampoline: the same holds for that of a short jump.</summary>
    public ImmutableArray<AddressRange> Displacements => IsShort ? [AddressRange.OfLength(Entry + 1, 1), Displacement] : [Displacement];

    /// <summary>Where a thread is between a short jump and the one that it leads to; null: there is none.</summary>
    public CodeAlias? BetweenJumps => IsShort ? new CodeAlias(AddressRange.OfLength(Jump, 1), Entry) : null;

    /// <summary>Whether every jump of the trampoline reaches every address of some memory.</summary>
    public bool CanReach(AddressRange memory) =>
        Math.Abs(memory.Start - TrampolineRange.End) < int.MaxValue && Math.Abs(memory.End - Trampoline) < int.MaxValue;

    /// <summary>
    /// Looks, by one read, whether the code is still there that the redirect was planned for: the bytes that it changes are the old or the new ones,
    /// and behind the opcode stands what leads to the trampoline. Where a library was unloaded there is nothing, or something else. Allocates nothing.
    /// </summary>
    /// <param name="bytes">What is to stand at <see cref="Write"/>: its old or its new bytes.</param>
    public EntryLook LookIn(IMemory memory, ReadOnlySpan<byte> bytes)
    {
        var jump = AddressRange.OfLength(Jump, Trampolines.NearJump.Length);
        var all = new AddressRange(Write.Address < Jump ? Write.Address : Jump, Write.Range.End > jump.End ? Write.Range.End : jump.End);
        Span<byte> now = stackalloc byte[LongestLook];
        if (all.Length > LongestLook || !memory.TryRead(all.Start, now = now[..(int)all.Length]))
        {
            return EntryLook.Gone;
        }
        var written = now.Slice((int)(Write.Address - all.Start), Write.New.Length);
        if (written.SequenceEqual(bytes))
        {
            return EntryLook.Done;
        }
        if (!written.SequenceEqual(Write.Old.Span) && !written.SequenceEqual(Write.New.Span))
        {
            return EntryLook.Gone;
        }
        Span<byte> planned = stackalloc byte[Trampolines.NearJump.Length];
        Trampolines.NearJump.Write(planned, Jump, Trampoline);
        for (int i = 0; i < planned.Length; i++)
        {
            if (!Write.Range.Contains(Jump + i) && now[(int)(Jump - all.Start) + i] != planned[i])
            {
                return EntryLook.Gone;
            }
        }
        return EntryLook.Ready;
    }

    /// <summary>Where the old function goes on after its first instruction.</summary>
    public Address Continuation => Entry + FirstInstruction.Length;
}
