// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Iced.Intel;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>
/// GCC's -fipa-ra lets a caller keep a value in a register that a call may destroy, where the compiler saw that this callee
/// does not. A changed local function that writes more registers than its old version is therefore checked against the
/// callers of its object that do not change: none may read such a register after the call before it is written again.
/// (Such a caller would have been compiled differently too, and be among the changed; this is the second lock.)
/// </summary>
internal static class RegisterRules
{
    public static IEnumerable<Refusal> Check(ChangeSet changes)
    {
        foreach (var unit in changes.Units.Where(u => u.IsCompared))
        {
            var before = new Clobbers(unit.Old!);
            var after = new Clobbers(unit.New!);
            foreach (var included in changes.Included.Where(i => i.Unit == unit && i is { IsReplacement: true, New.IsGlobal: false }))
            {
                var more = after.Of(included.New).Except(before.Of(included.Old!));
                foreach (var caller in more.IsEmpty ? [] : UnchangedCallers(changes, included))
                {
                    if (FirstReadAfterCall(caller, included.New, more) is { } register)
                    {
                        yield return DiffRefusals.RegisterUseGrew.About(included.Display,
                            $"{included.Display} now writes {register.ToString().ToLowerInvariant()}, where its unchanged caller {caller.Name} keeps a value (GCC's -fipa-ra).").At(included);
                    }
                }
            }
        }
    }

    private static IEnumerable<Piece> UnchangedCallers(ChangeSet changes, IncludedPiece included) =>
        included.Unit.New!.ReferrersOf(included.New.Index).Where(r => r.Kind == PieceKind.Code && changes.Find(included.Unit, r) is null);

    private static Register? FirstReadAfterCall(Piece caller, Piece callee, ImmutableHashSet<Register> registers)
    {
        var instructions = CodeWalk.Instructions(caller).ToDictionary(i => i.IP);
        foreach (var call in instructions.Values.Where(i => i.FlowControl == FlowControl.Call))
        {
            if (CodeWalk.ReferenceOf(caller, call)?.Target is PieceTarget inside && inside.Piece == callee.Index)
            {
                foreach (var register in registers)
                {
                    if (IsRead(caller, instructions, call.NextIP, register))
                    {
                        return register;
                    }
                }
            }
        }
        return null;
    }

    // Follows the caller from the return address until the register is written, or a call or return gives it up.
    private static bool IsRead(Piece caller, Dictionary<ulong, Instruction> instructions, ulong from, Register register)
    {
        var facts = new InstructionInfoFactory();
        var open = new Stack<ulong>([from]);
        var seen = new HashSet<ulong>();
        while (open.TryPop(out ulong at))
        {
            if (!seen.Add(at) || !instructions.TryGetValue(at, out var instruction))
            {
                continue;
            }
            var uses = facts.GetInfo(instruction).GetUsedRegisters().Where(u => u.Register.GetFullRegister() == register).ToList();
            if (uses.Any(u => u.Access is OpAccess.Read or OpAccess.CondRead or OpAccess.ReadWrite or OpAccess.ReadCondWrite))
            {
                return true;
            }
            bool isOverwritten = uses.Any(u => u.Access == OpAccess.Write && u.Register.GetSize() >= 4);
            if (isOverwritten || instruction.FlowControl is FlowControl.Call or FlowControl.IndirectCall or FlowControl.Return or FlowControl.IndirectBranch)
            {
                continue;
            }
            bool staysHere = CodeWalk.ReferenceOf(caller, instruction) is null;
            if (instruction.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch && staysHere)
            {
                open.Push(instruction.NearBranchTarget);
            }
            if (instruction.FlowControl != FlowControl.UnconditionalBranch)
            {
                open.Push(instruction.NextIP);
            }
        }
        return false;
    }
}
