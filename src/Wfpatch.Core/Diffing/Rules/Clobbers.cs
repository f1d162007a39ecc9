// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Iced.Intel;
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>Which of the registers that a call may destroy (x86-64 psABI, 3.2.1) a function of one object really writes, with what it calls.</summary>
internal sealed class Clobbers(ObjectModel model)
{
    /// <summary>The general registers and the first sixteen vector registers that belong to the callee.</summary>
    public static readonly ImmutableHashSet<Register> CallerSaved =
    [
        Register.RAX, Register.RCX, Register.RDX, Register.RSI, Register.RDI, Register.R8, Register.R9, Register.R10, Register.R11,
        .. Enumerable.Range(0, 16).Select(i => Register.ZMM0 + i),
    ];

    private readonly Dictionary<int, ImmutableHashSet<Register>> _known = [];
    private readonly InstructionInfoFactory _facts = new();

    /// <summary>Code outside the object, or reached through a pointer, counts as writing them all.</summary>
    public ImmutableHashSet<Register> Of(Piece function)
    {
        if (_known.TryGetValue(function.Index, out var known))
        {
            return known;
        }
        // In a recursion, where the compiler has no facts either.
        _known[function.Index] = CallerSaved;
        var written = ImmutableHashSet.CreateBuilder<Register>();
        foreach (var instruction in CodeWalk.Instructions(function))
        {
            foreach (var used in _facts.GetInfo(instruction).GetUsedRegisters())
            {
                if (IsWritten(used.Access) && used.Register.GetFullRegister() is var full && CallerSaved.Contains(full))
                {
                    written.Add(full);
                }
            }
            written.UnionWith(OfTransfer(function, instruction));
        }
        return _known[function.Index] = written.ToImmutable();
    }

    private ImmutableHashSet<Register> OfTransfer(Piece function, Instruction instruction)
    {
        switch (instruction.FlowControl)
        {
            case FlowControl.IndirectCall:
                return CallerSaved;
            case FlowControl.IndirectBranch:
                return HasJumpTable(function) ? [] : CallerSaved;
            case FlowControl.Call or FlowControl.UnconditionalBranch or FlowControl.ConditionalBranch:
                return CodeWalk.ReferenceOf(function, instruction) switch
                {
                    null => [],
                    { Target: PieceTarget inside } when model.Pieces[inside.Piece] is { Kind: PieceKind.Code, IsGlobal: false } callee => Of(callee),
                    _ => CallerSaved,
                };
            default:
                return [];
        }
    }

    private bool HasJumpTable(Piece function) => function.References.Any(r =>
        r.Target is PieceTarget inside && model.Pieces[inside.Piece] is { Kind: PieceKind.Constant } table
        && table.References.Any(t => t.Target is PieceTarget back && back.Piece == function.Index));

    public static bool IsWritten(OpAccess access) =>
        access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite;
}
