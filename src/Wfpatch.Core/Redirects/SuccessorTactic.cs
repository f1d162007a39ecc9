// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.X86;

namespace Wfpatch.Core.Redirects;

/// <summary>
/// The bytes behind a short first instruction lead nowhere: so an instruction that they belong to is evicted (E9Patch, PLDI
/// 2020, tactic T2). It becomes a jump to a copy of itself, with a displacement that also makes a good one for the jump at
/// the entry. It means what it meant, for a thread that comes by and for one that stands on it, so it may stay for ever.
/// Each of the two is written within one instruction and one aligned quadword, the evicted one first. Where an instruction finds
/// no place for its copy for the same reason, one behind it is evicted before it.
/// </summary>
internal static class SuccessorTactic
{
    public const string Name = "successor";

    /// <summary>Displacements that are tried for each form of the evicting jump, and plans that are looked at.</summary>
    private const int Tries = 512, Plans = 8;

    /// <param name="body">The function's own code.</param>
    public static IEnumerable<RedirectPlan> Plan(EntryCode entry, ReadOnlyMemory<byte> body, AddressSpaceMap space, int trampolineLength, RedirectMeans means) =>
        Enumerable.Range(1, RedirectPlan.MostEvicted)
            .Select(depth => Plan(entry, new Body(entry.Entry, body, means), space, trampolineLength, depth).Take(Plans))
            .FirstOrDefault(plans => plans.Any(), []);

    /// <param name="depth">How many instructions are evicted.</param>
    private static IEnumerable<RedirectPlan> Plan(EntryCode entry, Body body, AddressSpaceMap space, int trampolineLength, int depth) =>
        Successors(entry, body)
            .SelectMany(s => depth == 1 ? Evictions(s, space) : EvictionsBehind(s, body, space, depth - 1))
            .Select(e => Redirect(entry, e, space, trampolineLength))
            .OfType<RedirectPlan>();

    /// <summary>The same for an instruction that is evicted itself, once others behind it are.</summary>
    private static IEnumerable<RedirectPlan> EvictionsBehind(EntryCode evicted, Body body, AddressSpaceMap space, int depth) =>
        Successors(evicted, body)
            .SelectMany(s => depth == 1 ? Evictions(s, space).Take(Plans) : EvictionsBehind(s, body, space, depth - 1).Take(Plans))
            .SelectMany(next => Evictions(evicted with { Code = Changed(evicted, next) }, space)
                .Where(e => next.All.All(n => !n.TrampolineRange.Overlaps(e.TrampolineRange)))
                .Select(e => e with { Evicted = next }));

    /// <summary>The function's own code.</summary>
    private sealed record Body(Address Start, ReadOnlyMemory<byte> Code, RedirectMeans Means);

    /// <summary>The instructions of the straight beginning that a displacement of the entry's jump reaches, that can be moved, and that
    /// nothing branches into the middle of.</summary>
    private static IEnumerable<EntryCode> Successors(EntryCode entry, Body body)
    {
        var code = body.Code[(int)(entry.Entry - body.Start)..];
        foreach (var instruction in CodeReader.Decode(code, entry.Entry))
        {
            var at = new Address(instruction.IP);
            int offset = (int)(at - entry.Entry);
            bool isReached = offset < entry.FirstLength + 4;
            bool isWhole = offset + instruction.Length <= code.Length && offset + instruction.Length + 4 <= entry.Code.Length;
            if (!isReached || !isWhole)
            {
                yield break;
            }
            bool canMove = RedirectPlanner.Allows(body.Means, instruction) && RelocatedInstruction.Move(instruction, entry.Code.Span[offset..], at).Obstacle == RelocationObstacle.None;
            if (offset > 0 && canMove && EntryBranches.FindInto(body.Code, body.Start, new AddressRange(at + 1, at + instruction.Length)) is null)
            {
                yield return new EntryCode(at, entry.Code[offset..], instruction.Length, RedirectPlanner.Places(at, instruction, default));
            }
            if (instruction.FlowControl is not (Iced.Intel.FlowControl.Next or Iced.Intel.FlowControl.ConditionalBranch))
            {
                yield break;
            }
        }
    }

    /// <summary>Ways of making one a jump to a copy of itself: with each number of prefixes, free displacement bytes spread over their range.</summary>
    private static IEnumerable<RedirectPlan> Evictions(EntryCode successor, AddressSpaceMap space)
    {
        int writable = FirstInstructionTactic.Writable(successor);
        var instruction = CodeReader.DecodeFirst(successor.Code.Span, successor.Entry)!.Value;
        for (int at = 0; at < writable && at + 5 <= successor.Code.Length; at++)
        {
            var bytes = FirstInstructionTactic.JumpBytes(successor, at);
            int free = Math.Min(4, writable - (at + 1));
            foreach (int displacement in Displacements(BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 1)), free))
            {
                var trampoline = AddressRange.OfLength(successor.Entry + at + 5 + displacement, PassTrampoline.Length);
                if (successor.Places.Contains(trampoline) && space.CanHold(trampoline)
                    && FirstInstructionTactic.Build(successor, space, Name, [.. bytes], displacement, PassTrampoline.Length) is { } plan
                    && RedirectPlanner.CanContinue(plan, instruction))
                {
                    yield return plan;
                }
            }
        }
    }

    private static IEnumerable<int> Displacements(uint old, int free)
    {
        const ulong GoldenRatio = 0x9e37_79b9_7f4a_7c15; // of 2^64: its multiples are spread evenly
        uint mask = free == 4 ? uint.MaxValue : (1u << (8 * free)) - 1;
        int count = free switch { 0 => 1, 1 => 256, _ => Tries };
        for (int i = 0; i < count; i++)
        {
            uint value = free == 1 ? (uint)i : (uint)(((ulong)(i + 1) * GoldenRatio) >> 32) >> (32 - (8 * Math.Max(free, 1)));
            yield return (int)((old & ~mask) | (value & mask));
        }
    }

    private static RedirectPlan? Redirect(EntryCode entry, RedirectPlan evicted, AddressSpaceMap space, int trampolineLength)
    {
        var changed = Changed(entry, evicted);
        var first = CodeReader.DecodeFirst(changed, entry.Entry)!.Value;
        var plan = RedirectPlanner.FindBest(entry with { Code = changed }, first, space, trampolineLength);
        return plan is null || evicted.All.Any(e => plan.TrampolineRange.Overlaps(e.TrampolineRange)) ? null : plan with { Tactic = Name, Evicted = evicted };
    }

    /// <summary>The code once something in it has been evicted, and what was evicted for that.</summary>
    private static byte[] Changed(EntryCode entry, RedirectPlan evicted)
    {
        var changed = entry.Code.ToArray();
        foreach (var write in evicted.All.Select(e => e.Write))
        {
            int at = (int)(write.Address - entry.Entry);
            int length = Math.Min(write.New.Length, Math.Max(0, changed.Length - at));
            write.New.Span[..length].CopyTo(changed.AsSpan(Math.Min(at, changed.Length)));
        }
        return changed;
    }
}
