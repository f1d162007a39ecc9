// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>
/// What a redirected function's entry leads to. Every change that running threads can meet is one byte:
/// <code>
///  +0   test/jmp  slot 0    A9 imm32 does nothing, E9 rel32 goes to a settled version: one byte apart
///  +5   test/jmp  slot 1
/// +10   jmp       selector  EB rel8: to pass, bank 0 or bank 1
/// +12   pass      the old first instruction, jump to the second
/// +32   bank 0    cmp word, generation; je new version; jmp version before
/// +55   bank 1
/// +78   head 0    cmp global word, generation; jmp to the je of bank 0
/// +90   head 1    the same for bank 1
/// +102  copies    of several instructions, where the jump takes the place of more than one; pass jumps there
/// </code>
/// A bank is written while nothing leads to it, and only after a whole transition that began after it was left: every thread
/// has been seen outside of trampolines in between. Two banks are enough for that (TransitionWrites.Settled has what becomes of
/// the bank of a transition that is cancelled). Flags are dead at a function's entry, and no register is used: callers in the
/// same unit may rely on the old function's clobbers (GCC's IPA-RA).
/// The heads serve transitions for all threads at once: the bank's rest is the same, only what is compared differs. So the two kinds of transitions never write
/// each other's comparison, and what is said of a bank holds for its head.
/// </summary>
public static class DispatchTrampoline
{
    public const int Length = Head0 + (BankCount * HeadLength);
    public const int SlotCount = 2;
    public const int BankCount = 2;

    private const byte TestEaxImmediate = 0xa9;
    private const int Selector = 10;
    private const int Pass = 12;
    private const int Bank0 = Pass + PassBlock.Length;
    private const int BankLength = ThreadWord.InstructionLength + 6 + NearJump.Length;
    private const int Head0 = Bank0 + (BankCount * BankLength);
    private const int HeadLength = GlobalWord.InstructionLength + 2;

    /// <summary>Where the selector leads.</summary>
    public enum Block
    {
        Pass,
        Bank0,
        Bank1,

        /// <summary>Bank 0 behind a comparison of the global word.</summary>
        Head0,
        Head1,
    }

    /// <summary>The whole trampoline, passing everything into the old function.</summary>
    public static CodeWrite Initial(RedirectPlan plan)
    {
        var bytes = new byte[Length + (plan.DisplacesSeveral ? PassBlock.LengthOfCopies(plan.FirstInstruction, plan.Entry) : 0)];
        bytes.AsSpan().Fill(0xcc);
        bytes.AsSpan(0, 2 * NearJump.Length).Clear();
        bytes[0] = TestEaxImmediate;
        bytes[NearJump.Length] = TestEaxImmediate;
        bytes[Selector] = 0xeb;
        bytes[Selector + 1] = SelectorByte(Block.Pass);
        PassBlock.Encode(plan, plan.Trampoline + Pass).CopyTo(bytes, Pass);
        if (plan.DisplacesSeveral)
        {
            var at = PassBlock.CopiesAddress(plan);
            var copies = PassBlock.TryEncodeCopies(plan.FirstInstruction, plan.Entry, at)
                ?? throw new InvalidOperationException($"the plan for {plan.Entry} was made although its instructions cannot be moved to {at}");
            copies.CopyTo(bytes, (int)(at - plan.Trampoline));
        }
        return new(plan.Trampoline, bytes);
    }

    /// <summary>Where the moved instruction stands.</summary>
    public const int PassOffset = Pass;

    /// <summary>The address to jump to for the old function's own code.</summary>
    public static Address PassAddress(Address trampoline) => trampoline + Pass;

    /// <summary>Threads of <paramref name="generation"/> go to <paramref name="version"/>, all others to <paramref name="before"/>.</summary>
    public static CodeWrite WriteBank(Address trampoline, int bank, uint generation, Address version, Address before)
    {
        var at = BankAddress(trampoline, bank);
        var bytes = new byte[BankLength];
        ThreadWord.CompareOpcode.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), generation);
        bytes[12] = 0x0f;
        bytes[13] = 0x84;
        NearJump.EncodeDisplacement(at + 18, version).CopyTo(bytes, 14);
        NearJump.Encode(at + 18, before).CopyTo(bytes, 18);
        return new(at, bytes);
    }

    /// <summary>The bank's decision by the global word in place of the thread's own.</summary>
    public static CodeWrite WriteGlobalHead(Address trampoline, int bank, Address word, uint generation)
    {
        int offset = Head0 + (bank * HeadLength);
        int branch = Bank0 + (bank * BankLength) + ThreadWord.InstructionLength;
        return new(trampoline + offset, [.. GlobalWord.EncodeCompare(trampoline + offset, word, generation), 0xeb, unchecked((byte)(branch - (offset + HeadLength)))]);
    }

    /// <summary>The block in which a bank decides.</summary>
    public static Block BlockOf(int bank, bool isGlobal) => (bank, isGlobal) switch
    {
        (0, false) => Block.Bank0,
        (_, false) => Block.Bank1,
        (0, true) => Block.Head0,
        _ => Block.Head1,
    };

    /// <summary>Makes the selector lead to a block. One byte.</summary>
    public static CodeWrite Select(Address trampoline, Block block) => new(trampoline + Selector + 1, [SelectorByte(block)]);

    /// <summary>Gives a slot that is off its target: its bytes are the operand of a test that does nothing, so that any mixture is harmless.</summary>
    public static CodeWrite WriteSlot(Address trampoline, int slot, Address version)
    {
        var at = trampoline + (slot * NearJump.Length);
        return new(at + 1, NearJump.EncodeDisplacement(at + NearJump.Length, version));
    }

    /// <summary>Turns a slot into a jump, or off. One byte.</summary>
    public static CodeWrite SwitchSlot(Address trampoline, int slot, bool on) =>
        new(trampoline + (slot * NearJump.Length), [on ? NearJump.Opcode : TestEaxImmediate]);

    /// <summary>Bytes that are left over from earlier transitions where nothing leads to them: the slots' targets, and number and
    /// targets of the banks.</summary>
    public static IEnumerable<AddressRange> Operands(Address trampoline)
    {
        for (int slot = 0; slot < SlotCount; slot++)
        {
            yield return AddressRange.OfLength(trampoline + (slot * NearJump.Length) + 1, 4);
        }
        for (int bank = 0; bank < BankCount; bank++)
        {
            var at = BankAddress(trampoline, bank);
            yield return AddressRange.OfLength(at + 8, 4);
            yield return AddressRange.OfLength(at + 14, 4);
            yield return AddressRange.OfLength(at + 19, 4);
            yield return AddressRange.OfLength(trampoline + Head0 + (bank * HeadLength) + 2, GlobalWord.InstructionLength - 2);
        }
    }

    private static byte SelectorByte(Block block) => (byte)((block switch
    {
        Block.Pass => Pass,
        Block.Bank0 => Bank0,
        Block.Bank1 => Bank0 + BankLength,
        Block.Head0 => Head0,
        Block.Head1 => Head0 + HeadLength,
        _ => throw new ArgumentOutOfRangeException(nameof(block)),
    }) - (Selector + 2));

    private static Address BankAddress(Address trampoline, int bank) => trampoline + Bank0 + (bank * BankLength);
}
