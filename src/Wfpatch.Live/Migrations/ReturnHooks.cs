// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Live.Backends.Dispatch;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Migrations;

/// <summary>
/// Exchanges return addresses on the stacks of threads that a frame of old code holds, so that each migrates itself when it returns from
/// the outermost of them. What a block needs is written before the one aligned quadword on the stack that leads to it.
/// </summary>
public sealed class ReturnHooks(TargetMemory memory, ReturnHookTable table)
{
    private int _next;

    /// <summary>The hooks of a target in which a transition is open under the policy stack, or why none may be placed.</summary>
    /// <param name="table">What is there, in any case; null where nothing ever was.</param>
    public static (ReturnHooks? Hooks, string Obstacle) For(Target target, TargetState state, ReturnHookTable? table)
    {
        if (state.Transition is not { Policy: ReturnHookArea.PolicyName, IsGlobal: false } || table is null)
        {
            return (null, "");
        }
        if (target.Proc.HasShadowStacks)
        {
            return (null, "a shadow stack forbids to let it migrate on its return");
        }
        return UnwinderPlanner.FindUninformed(target, state) is { } name
            ? (null, $"{name} has an unwinder of its own, which forbids to let it migrate on its return")
            : (new ReturnHooks(target.Memory, table), "");
    }

    /// <summary>A block to which nothing leads; -1: there is none. Not for a time in which a thread is stopped.</summary>
    public int FindFree()
    {
        for (int i = 0; i < ReturnHookArea.Count; i++)
        {
            int block = (_next + i) % ReturnHookArea.Count;
            var slot = table.Blocks[block].Slot;
            if (slot == Address.Zero || !memory.TryReadUInt64(slot, out ulong now) || now != ReturnHookArea.EntryOf(table.Area, block).Value)
            {
                _next = block + 1;
                return block;
            }
        }
        return -1;
    }

    /// <summary>The threads that will store a number when they return: those on whose stacks a hook with it lies. Told by where glibc puts a thread's control
    /// block, above its stack, with nobody stopped; the main thread's stack is elsewhere.</summary>
    /// <param name="controlBlocks">Of all threads.</param>
    /// <param name="main">The main thread, and its stack.</param>
    public IReadOnlySet<int> FindThreads(uint number, IEnumerable<(int Thread, Address ControlBlock)> controlBlocks, (int Thread, AddressRange Stack) main)
    {
        var hooked = new HashSet<int>();
        var byAddress = controlBlocks.Where(t => t.Thread != main.Thread && t.ControlBlock != Address.Zero).OrderBy(t => t.ControlBlock).ToList();
        foreach (var block in table.Blocks.ToArray().Where(b => b.Number == number && b.Slot != Address.Zero && IsPlaced(b.Slot)))
        {
            int at = byAddress.FindIndex(t => t.ControlBlock > block.Slot);
            _ = main.Stack.Contains(block.Slot) ? hooked.Add(main.Thread) : at >= 0 && hooked.Add(byAddress[at].Thread);
        }
        return hooked;
    }

    /// <summary>Whether a return address on a stack has been exchanged for one by which the thread migrates. Allocates nothing.</summary>
    public bool IsPlaced(Address slot) => memory.TryReadUInt64(slot, out ulong now)
        && ReturnHookArea.BlockOf(table.Area, new Address(now)) is >= 0 and var block && table.Blocks[block].Number != 0;

    /// <summary>Lets a stopped thread migrate when it returns by way of a slot. Allocates nothing.</summary>
    /// <param name="block">A free one, or -1: then only a hook that is there already is told the number.</param>
    public bool TryPlace(int block, Address slot, uint generation)
    {
        if (slot.Value % sizeof(ulong) != 0 || !memory.TryReadUInt64(slot, out ulong now))
        {
            return false;
        }
        if (ReturnHookArea.BlockOf(table.Area, new Address(now)) is >= 0 and var there)
        {
            return Renumber(there, generation);
        }
        var content = new ReturnHookTable.Block(generation, new Address(now), slot);
        if (block < 0 || !TryFill(block, content))
        {
            return false;
        }
        table.Set(block, content);
        Span<byte> entry = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(entry, ReturnHookArea.EntryOf(table.Area, block).Value);
        return memory.TryWrite(slot, entry) == Errno.Success;
    }

    /// <summary>Makes all hooks store another number than this one no more: threads that pass them stay where they are.</summary>
    public static void Close(TargetMemory memory, Address area, uint keep)
    {
        if (ReturnHookTable.Read(memory, area) is not { } table)
        {
            return;
        }
        var hooks = new ReturnHooks(memory, table);
        for (int block = 0; block < ReturnHookArea.Count; block++)
        {
            if (table.Blocks[block].Number is not 0 and var number && number != keep)
            {
                TargetAccessException.ThrowIf(hooks.Renumber(block, 0) ? Errno.Success : Errno.Fault, "closing a return hook");
            }
        }
    }

    private bool TryFill(int block, in ReturnHookTable.Block content)
    {
        Span<byte> bytes = stackalloc byte[ReturnHookArea.BlockLength - ReturnHookArea.NumberOffset];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, content.Number);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[(ReturnHookArea.OriginalOffset - ReturnHookArea.NumberOffset)..], content.Original.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[(ReturnHookArea.SlotOffset - ReturnHookArea.NumberOffset)..], content.Slot.Value);
        return memory.TryWrite(ReturnHookArea.BlockAt(table.Area, block) + ReturnHookArea.NumberOffset, bytes) == Errno.Success;
    }

    // One aligned quadword: the thread may be reading it.
    private bool Renumber(int block, uint generation)
    {
        var content = table.Blocks[block];
        if (content.Number == generation)
        {
            return true;
        }
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(number, generation);
        if (memory.TryWrite(ReturnHookArea.BlockAt(table.Area, block) + ReturnHookArea.NumberOffset, number) != Errno.Success)
        {
            return false;
        }
        table.Set(block, content with { Number = generation });
        return true;
    }
}
