// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>
/// What the entry of a quiescence point (or of the start routine of threads) leads to: the thread that comes by stores the
/// newest generation in its own word and goes on.
/// <code>
///  +0   jmp       selector  EB rel8: to pass, or to a set
///  +2   pass      the old first instruction, jump to the second
/// +22   set 0     mov generation, word; jmp pass
/// +36   set 1
/// +50   set 2
/// </code>
/// A thread that was halted inside a set of an earlier transition stores, when it goes on, a generation that no bank asks for any more.
/// </summary>
public static class HookTrampoline
{
    public const int Length = Set0 + (SetCount * SetLength);

    /// <summary>One for each transition in turn, and a reversed one takes two. A thread may have been halted in a set when the
    /// transition of that set ended; it was seen elsewhere when the next transition has ended. So with three, none is in a set that is written.</summary>
    public const int SetCount = 3;

    private const int Pass = 2;
    private const int Set0 = Pass + PassBlock.Length;
    private const int SetLength = ThreadWord.InstructionLength + 2;

    /// <summary>The whole trampoline, passing everything.</summary>
    public static CodeWrite Initial(RedirectPlan plan)
    {
        var bytes = new byte[Length];
        bytes.AsSpan().Fill(0xcc);
        bytes[0] = 0xeb;
        bytes[1] = 0;
        PassBlock.Encode(plan, plan.Trampoline + Pass).CopyTo(bytes, Pass);
        return new(plan.Trampoline, bytes);
    }

    public static CodeWrite WriteSet(Address trampoline, int set, uint generation)
    {
        int at = Set0 + (set * SetLength);
        var bytes = new byte[SetLength];
        ThreadWord.StoreOpcode.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), generation);
        bytes[12] = 0xeb;
        bytes[13] = unchecked((byte)(Pass - (at + SetLength)));
        return new(trampoline + at, bytes);
    }

    /// <summary>The set that is used after another one.</summary>
    public static int SetAfter(int set) => (set + 1) % SetCount;

    public static int SetBefore(int set) => (set + SetCount - 1) % SetCount;

    /// <summary>The numbers of the sets, which are left over from earlier transitions.</summary>
    public static IEnumerable<AddressRange> Operands(Address trampoline) =>
        Enumerable.Range(0, SetCount).Select(set => AddressRange.OfLength(trampoline + Set0 + (set * SetLength) + 8, 4));

    /// <summary>Makes passers-by store what <paramref name="set"/> says, or nothing (-1). One byte.</summary>
    public static CodeWrite Select(Address trampoline, int set) =>
        new(trampoline + 1, [(byte)(set < 0 ? 0 : Set0 + (set * SetLength) - 2)]);
}
