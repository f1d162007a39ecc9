// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Iced.Intel;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.X86;

namespace Wfpatch.Core.Redirects;

/// <summary>
/// The redirect of the aspace backend: a plain jump at a function's entry, in a view that no thread runs in yet. So it takes the place of
/// several instructions at once, changes no flags and needs no trampoline. Only two things can be against it: something other than the function
/// itself leads into the middle of its bytes, or the function is shorter than the jump and what follows is not padding.
/// </summary>
public static class EntryJump
{
    /// <summary>The name of the tactic, for reports.</summary>
    public const string Name = "jump";

    public const int Length = NearJump.Length;

    /// <summary>Bytes from the entry on that planning looks at: padding may be one long instruction.</summary>
    public const int LookedAt = Length + X86.CodeReader.LongestInstruction;

    /// <summary>Plans one function.</summary>
    /// <param name="code"><see cref="LookedAt"/> bytes from the entry on, as they are in generation 0.</param>
    /// <param name="functions">All functions of the program or library, in any order.</param>
    /// <param name="branches">Finds what may lead into bytes of the function.</param>
    public static (EntryState? Entry, Refusal? Refusal) Plan(
        string name, AddressRange function, ReadOnlyMemory<byte> code, ImmutableArray<AddressRange> functions, AddressRange newCode, BranchSearch branches)
    {
        if (!Reaches(function.Start, newCode.Start) || !Reaches(function.Start, newCode.End))
        {
            return (null, RedirectRefusals.NoPlace.About(name, $"A jump at {name} does not reach the new code at {newCode}."));
        }
        var jump = AddressRange.OfLength(function.Start, Length);
        var behind = new AddressRange(function.End < jump.End ? function.End : jump.End, jump.End);
        if (behind.Length > 0 && (functions.Any(f => f.Length > 0 && f.Overlaps(behind)) || !IsPadding(code[(int)(behind.Start - function.Start)..], behind)))
        {
            return (null, RedirectRefusals.NoRoomForJump.About(name, $"{name} has {function.Length} bytes, and what follows it is no padding: a jump has no room there."));
        }
        return branches(new AddressRange(function.Start + 1, jump.End), function) is { } approach
            ? (null, RedirectRefusals.EntryApproached.About(name, $"What stands at {approach} may lead into the first {Length} bytes of {name}, which a jump takes the place of."))
            : (new EntryState(name, function, code[..Length]), null);
    }

    /// <summary>The bytes that lead from an entry to new code.</summary>
    public static CodeWrite Write(EntryState entry, Address newCode) => new(entry.Entry, NearJump.Encode(entry.Entry, newCode));

    private static bool Reaches(Address entry, Address target) => Displacement.TryCompute(target, entry + Length, out _);

    // What compilers and assemblers fill with between functions: nops of any length, int3, zeros.
    private static bool IsPadding(ReadOnlyMemory<byte> code, AddressRange range)
    {
        int needed = (int)range.Length;
        if (code.Span[..needed].IndexOfAnyExcept((byte)0) < 0)
        {
            return true;
        }
        int covered = 0;
        foreach (var instruction in X86.CodeReader.Decode(code, range.Start))
        {
            if (covered >= needed)
            {
                break;
            }
            if (instruction.Mnemonic is not (Mnemonic.Nop or Mnemonic.Int3))
            {
                return false;
            }
            covered += instruction.Length;
        }
        return covered >= needed;
    }
}
