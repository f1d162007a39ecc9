// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.X86;

namespace Wfpatch.Core.Redirects;

/// <summary>Decides for one function how it is redirected without stopping anybody: the tactics in their order, the first that gives a plan wins.</summary>
public static class RedirectPlanner
{
    public static readonly ImmutableArray<IRedirectTactic> Tactics = [new OneByteTactic(), new FirstInstructionTactic()];

    /// <summary>Of all tactics, in the order in which they are tried.</summary>
    public static readonly ImmutableArray<string> TacticNames = [.. Tactics.Select(t => t.Name), SuccessorTactic.Name, NeighbourTactic.Name, StopTactic.Name];

    /// <summary>Plans, and takes the place in <paramref name="space"/>. Exactly one of the results is not null.</summary>
    /// <param name="name">The function, for messages.</param>
    /// <param name="function">Its code's range.</param>
    /// <param name="code">Its bytes and at least <see cref="EntryCode.CodeBytes"/> bytes from its entry on.</param>
    /// <param name="trampolineLength">Bytes that the trampoline needs.</param>
    /// <param name="newCode">Memory that every jump of the trampoline must reach; empty: none.</param>
    /// <param name="means">What may be used beside a single write.</param>
    /// <param name="branches">Needed for a redirect that is written while all threads are stopped; null: there is none such.</param>
    public static (RedirectPlan? Plan, Refusal? Refusal) Plan(
        string name, AddressRange function, ReadOnlyMemory<byte> code, AddressSpaceMap space, int trampolineLength, AddressRange newCode = default,
        RedirectMeans means = RedirectMeans.None, BranchSearch? branches = null)
    {
        var result = Find(name, function, code, space, trampolineLength, newCode, means, branches);
        if (result.Plan is not null && EntryFlags.FindReader(Body(code, function), function.Start) is { } reader)
        {
            return (null, RedirectRefusals.FlagsAtEntry.About(name, $"{name} takes flags from its caller: the instruction at {reader} reads them."));
        }
        if (result.Plan is not null)
        {
            space.Reserve(result.Plan);
        }
        return result;
    }

    /// <summary>Why a function can be redirected in no process, wherever it lies; null where addresses decide, or nothing is against it.</summary>
    /// <param name="name">The function, for messages.</param>
    /// <param name="function">Its code's range; references of the code lead to where they may lead.</param>
    /// <param name="code">Its bytes.</param>
    public static Refusal? FindObstacle(string name, AddressRange function, ReadOnlyMemory<byte> code)
    {
        if (CodeReader.DecodeFirst(code.Span, function.Start) is not { } first)
        {
            return RedirectRefusals.NotAnInstruction.About(name, $"{name} does not begin with an instruction.");
        }
        var obstacle = RelocatedInstruction.Move(first, code.Span, function.Start).Obstacle;
        if (obstacle is not (RelocationObstacle.None or RelocationObstacle.OutOfReach))
        {
            return RedirectRefusals.FirstInstructionFixed.About(name, $"The first instruction of {name} ({first}) cannot be moved: {Describe(obstacle)}.");
        }
        return EntryFlags.FindReader(Body(code, function), function.Start) is { } reader
            ? RedirectRefusals.FlagsAtEntry.About(name, $"{name} takes flags from its caller: the instruction at offset {reader - function.Start} reads them.")
            : null;
    }

    /// <summary>
    /// Plans a jump for a hook, which only has to be met once by a thread that enters the function: any instruction will do
    /// from the entry up to the first branch or call, if nothing branches back to there. The one that takes the least
    /// memory is taken.
    /// </summary>
    public static (RedirectPlan? Plan, Refusal? Refusal) PlanHook(
        string name, AddressRange function, ReadOnlyMemory<byte> code, AddressSpaceMap space, int trampolineLength)
    {
        Refusal? first = null;
        RedirectPlan? best = null;
        int offset = 0;
        while (offset + EntryCode.CodeBytes <= code.Length && (ulong)offset < function.Length
            && CodeReader.DecodeFirst(code.Span[offset..], function.Start + offset) is { FlowControl: Iced.Intel.FlowControl.Next } instruction
            && EntryBranches.Find(Body(code, function), function.Start, offset + instruction.Length) is null)
        {
            var (plan, refusal) = Find(name, new AddressRange(function.Start + offset, function.End), code[offset..], space, trampolineLength, default);
            first ??= refusal;
            if (plan is not null && (best is null || space.CountNewMemory(plan.TrampolineRange) < space.CountNewMemory(best.TrampolineRange)))
            {
                best = plan;
            }
            offset += instruction.Length;
        }
        if (offset == 0)
        {
            (best, first) = CodeReader.DecodeFirst(code.Span, function.Start) is { } only && EntryBranches.Find(Body(code, function), function.Start, only.Length) is { } back
                ? (null, RedirectRefusals.BranchToEntry.About(name, $"{name} branches back into its own first instruction at {back.From}, where threads would come by again in the middle of its work."))
                : Find(name, function, code, space, trampolineLength, default);
        }
        if (best is null)
        {
            return (null, first);
        }
        space.Reserve(best);
        return (best, null);
    }

    /// <summary>Plans a jump for an explicit quiescence point: in place of a nop that stands there for it, wherever it is branched to from.</summary>
    /// <param name="code">The nop, and at least <see cref="EntryCode.CodeBytes"/> bytes from it on.</param>
    public static RedirectPlan? PlanNop(AddressRange nop, ReadOnlyMemory<byte> code, AddressSpaceMap space, int trampolineLength)
    {
        if (CodeReader.DecodeFirst(code.Span, nop.Start) is not { } first)
        {
            return null;
        }
        var plan = FindBest(new EntryCode(nop.Start, code, (int)nop.Length, Places(nop.Start, first, default)), first, space, trampolineLength);
        if (plan is not null)
        {
            space.Reserve(plan);
        }
        return plan;
    }

    private static (RedirectPlan? Plan, Refusal? Refusal) Find(
        string name, AddressRange function, ReadOnlyMemory<byte> code, AddressSpaceMap space, int trampolineLength, AddressRange newCode,
        RedirectMeans means = RedirectMeans.None, BranchSearch? branches = null)
    {
        if (CodeReader.DecodeFirst(code.Span, function.Start) is not { } first)
        {
            return (null, RedirectRefusals.NotAnInstruction.About(name, $"{name} at {function.Start} does not begin with an instruction."));
        }
        // Any far place serves for the question whether the instruction can be moved at all; reach is checked with the real one.
        var moved = RelocatedInstruction.Move(first, code.Span, function.Start);
        if (moved.Obstacle == RelocationObstacle.None && !Allows(means, first))
        {
            moved = moved with { Obstacle = RelocationObstacle.Call };
        }
        if (moved.Obstacle != RelocationObstacle.None)
        {
            return (null, RedirectRefusals.FirstInstructionFixed.About(name, $"The first instruction of {name} ({first}) cannot be moved: {Describe(moved.Obstacle)}."));
        }
        // A branch to the entry itself finds there what the entry needs and nothing else (docs/mechanisms/redirects.md, "Loops").
        var branch = EntryBranches.FindInto(Body(code, function), function.Start, new AddressRange(function.Start + 1, function.Start + first.Length));
        var entry = new EntryCode(function.Start, code, first.Length, Places(function.Start, first, newCode)) { FirstTarget = branch?.Target };
        var best = FindBest(entry, first, space, trampolineLength);
        if (best is null && means.HasFlag(RedirectMeans.Evict))
        {
            best = SuccessorTactic.Plan(entry, Body(code, function), space, trampolineLength, means).MinBy(space.CountNewMemory)
                ?? NeighbourTactic.Plan(entry, Body(code, function), space, trampolineLength, means).MinBy(space.CountNewMemory);
        }
        Address? approach = null;
        if (best is null && branches is not null)
        {
            (best, approach) = StopTactic.Plan(entry, function, Body(code, function), space, trampolineLength, means, branches);
        }
        if (best is null && branch is { } middle)
        {
            return (null, RedirectRefusals.BranchToEntry.About(name, $"{name} branches into the middle of its own first instruction at {middle.From}."));
        }
        if (best is null)
        {
            string longer = approach is { } from ? $"; what stands at {from} may lead into the middle of a longer one" : "";
            return (null, RedirectRefusals.NoRoom.About(name, $"{name} has no jump within its first instruction ({first}) that leads to free memory{longer}."));
        }
        return (best, null);
    }

    /// <summary>The first tactic's best plan.</summary>
    internal static RedirectPlan? FindBest(EntryCode entry, in Iced.Intel.Instruction first, AddressSpaceMap space, int trampolineLength)
    {
        var instruction = first;
        return Tactics
            .Select(t => t.Plan(entry, space, trampolineLength)
                .Where(p => CanContinue(p, instruction) && !(p.Write.Trimmed().Range.End > entry.FirstTarget))
                .MinBy(space.CountNewMemory))
            .FirstOrDefault(p => p is not null);
    }

    /// <summary>Whether an instruction that can be moved may be moved here.</summary>
    internal static bool Allows(RedirectMeans means, in Iced.Intel.Instruction instruction) =>
        means.HasFlag(RedirectMeans.PushReturn) || instruction.FlowControl is not (Iced.Intel.FlowControl.Call or Iced.Intel.FlowControl.IndirectCall);

    private static ReadOnlyMemory<byte> Body(ReadOnlyMemory<byte> code, AddressRange function) => code[..(int)Math.Min((ulong)code.Length, function.Length)];

    /// <summary>Where a trampoline reaches the function, what its first instruction leads to, and the new code.</summary>
    internal static AddressRange Places(Address entry, in Iced.Intel.Instruction first, AddressRange newCode)
    {
        // Less than a rel32 reaches, by more than the function's first bytes and a trampoline are long.
        const long Reach = int.MaxValue - (long)Address.PageSize;
        var low = entry;
        var high = entry;
        void Include(Address at) => (low, high) = (at < low ? at : low, at > high ? at : high);
        if (newCode.Length > 0)
        {
            Include(newCode.Start);
            Include(newCode.End);
        }
        if (first.IsIPRelativeMemoryOperand)
        {
            Include(new Address(first.IPRelativeMemoryAddress));
        }
        if (first.IsJccShortOrNear || first.IsJmpShortOrNear || first.IsCallNear)
        {
            Include(new Address(first.NearBranchTarget));
        }
        return new AddressRange(high.Value > Reach ? high - Reach : Address.Zero, low + Reach);
    }

    internal static bool CanContinue(RedirectPlan plan, in Iced.Intel.Instruction first)
    {
        foreach (var at in new[] { plan.Trampoline, plan.TrampolineRange.End })
        {
            bool reaches = Displacement.TryCompute(plan.Continuation, at + 5, out _) && Displacement.TryCompute(plan.Continuation, at - 5, out _);
            if (!reaches || RelocatedInstruction.Move(first, plan.FirstInstruction.Span, at).Obstacle != RelocationObstacle.None)
            {
                return false;
            }
        }
        return true;
    }

    private static string Describe(RelocationObstacle obstacle) => obstacle switch
    {
        RelocationObstacle.Call => "a call leaves its own address on the stack",
        RelocationObstacle.UnusualBranch => "it branches in an unusual form",
        RelocationObstacle.OutOfReach => "its operand is out of reach",
        RelocationObstacle.System => "it traps or enters the kernel",
        _ => throw new ArgumentOutOfRangeException(nameof(obstacle)),
    };
}
