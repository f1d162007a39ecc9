// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Seccomp;

/// <summary>
/// A filter of system calls (seccomp(2)): classic BPF, which only jumps forward and therefore ends. Evaluated as the kernel
/// would, but for a call of which some words are not known: where an unknown word decides, both ways are taken, and the strictest
/// answer counts.
/// </summary>
public sealed class SeccompFilter(ImmutableArray<BpfInstruction> instructions) : IEquatable<SeccompFilter>
{
    /// <summary>More than any filter of real programs takes; one that takes more cannot be told.</summary>
    private const int MostSteps = 1_000_000;

    private const int ScratchWords = 16;

    public ImmutableArray<BpfInstruction> Instructions { get; } = instructions;

    /// <summary>Whether it looks at the place that calls are made from.</summary>
    public bool ReadsPlace => Instructions.Any(i => i.Code == BpfCode.LoadData && i.Value is >= SeccompCall.PointerOffset and < SeccompCall.ArgumentsOffset);

    /// <summary>The strictest of several filters' answers: all of a thread's are asked.</summary>
    public static SeccompVerdict Ask(IEnumerable<SeccompFilter> filters, SeccompCall call)
    {
        var strictest = new SeccompVerdict(SeccompVerdict.Allow);
        foreach (var verdict in filters.Select(f => f.Ask(call)))
        {
            strictest = verdict.IsStricterThan(strictest) ? verdict : strictest;
        }
        return strictest;
    }

    public SeccompVerdict Ask(SeccompCall call)
    {
        var strictest = new SeccompVerdict(SeccompVerdict.Allow);
        var open = new Stack<Machine>([new Machine()]);
        int steps = 0;
        while (open.TryPop(out var machine))
        {
            SeccompVerdict? verdict = null;
            while (verdict is null)
            {
                if (++steps > MostSteps)
                {
                    return SeccompVerdict.Unknown;
                }
                verdict = Step(machine, call, open);
            }
            strictest = verdict.Value.IsStricterThan(strictest) ? verdict.Value : strictest;
        }
        return strictest;
    }

    public bool Equals(SeccompFilter? other) => other is not null && Instructions.AsSpan().SequenceEqual(other.Instructions.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as SeccompFilter);

    public override int GetHashCode() => HashCode.Combine(Instructions.Length, Instructions.FirstOrDefault(), Instructions.LastOrDefault());

    /// <summary>One instruction. An answer, or null where the machine goes on.</summary>
    private SeccompVerdict? Step(Machine machine, SeccompCall call, Stack<Machine> open)
    {
        if ((uint)machine.Next >= (uint)Instructions.Length)
        {
            return SeccompVerdict.Unknown;
        }
        var i = Instructions[machine.Next++];
        uint? operand = i.UsesIndex ? machine.Index : i.Value;
        switch (i.Code)
        {
            case BpfCode.LoadData when i.Value < SeccompCall.Length && i.Value % 4 == 0:
                machine.Accumulator = call.Word(i.Value);
                return null;
            case BpfCode.LoadLength:
                machine.Accumulator = SeccompCall.Length;
                return null;
            case BpfCode.LoadIndexLength:
                machine.Index = SeccompCall.Length;
                return null;
            case BpfCode.LoadConstant:
                machine.Accumulator = i.Value;
                return null;
            case BpfCode.LoadIndexConstant:
                machine.Index = i.Value;
                return null;
            case BpfCode.LoadScratch when i.Value < ScratchWords:
                machine.Accumulator = machine.Scratch[i.Value];
                return null;
            case BpfCode.LoadIndexScratch when i.Value < ScratchWords:
                machine.Index = machine.Scratch[i.Value];
                return null;
            case BpfCode.Store when i.Value < ScratchWords:
                machine.Scratch[i.Value] = machine.Accumulator;
                return null;
            case BpfCode.StoreIndex when i.Value < ScratchWords:
                machine.Scratch[i.Value] = machine.Index;
                return null;
            case BpfCode.MoveToIndex:
                machine.Index = machine.Accumulator;
                return null;
            case BpfCode.MoveFromIndex:
                machine.Accumulator = machine.Index;
                return null;
            case BpfCode.Jump:
                machine.Next += (int)Math.Min(i.Value, int.MaxValue / 2);
                return null;
            case BpfCode.ReturnConstant:
                return new SeccompVerdict(i.Value);
            case BpfCode.ReturnAccumulator:
                return new SeccompVerdict(machine.Accumulator);
            default:
                return BpfCode.IsArithmetic(i.Code) ? Compute(machine, i, operand)
                    : BpfCode.IsComparison(i.Code) ? Branch(machine, i, operand, open)
                    : SeccompVerdict.Unknown;
        }
    }

    private static SeccompVerdict? Compute(Machine machine, BpfInstruction i, uint? operand)
    {
        if (BpfCode.IsDivision(i.Code) && operand is 0)
        {
            return new SeccompVerdict(0); // the filter ends so, by the kernel's definition
        }
        if (machine.Accumulator is not { } left || operand is not { } right)
        {
            // What an unknown divisor or shift would do is not followed up.
            bool isPlain = BpfCode.Compute(i.Code, 1, 1) is not null && BpfCode.Compute(i.Code, 1, uint.MaxValue) is not null && !BpfCode.IsDivision(i.Code);
            machine.Accumulator = null;
            return isPlain || operand is not null && BpfCode.Compute(i.Code, 1, operand.Value) is not null ? null : SeccompVerdict.Unknown;
        }
        machine.Accumulator = BpfCode.Compute(i.Code, left, right);
        return machine.Accumulator is null ? SeccompVerdict.Unknown : null;
    }

    private static SeccompVerdict? Branch(Machine machine, BpfInstruction i, uint? operand, Stack<Machine> open)
    {
        if (BpfCode.Compare(i.Code, 0, 0) is null)
        {
            return SeccompVerdict.Unknown;
        }
        if (machine.Accumulator is { } left && operand is { } right)
        {
            machine.Next += BpfCode.Compare(i.Code, left, right) == true ? i.WhenTrue : i.WhenFalse;
            return null;
        }
        if (i.WhenTrue != i.WhenFalse)
        {
            open.Push(machine.Copy(machine.Next + i.WhenTrue));
        }
        machine.Next += i.WhenFalse;
        return null;
    }

    /// <summary>The registers of classic BPF; null: not known.</summary>
    private sealed class Machine
    {
        public int Next { get; set; }

        public uint? Accumulator { get; set; } = 0;

        public uint? Index { get; set; } = 0;

        public uint?[] Scratch { get; private init; } = new uint?[ScratchWords];

        public Machine Copy(int next) => new() { Next = next, Accumulator = Accumulator, Index = Index, Scratch = [.. Scratch] };
    }
}
