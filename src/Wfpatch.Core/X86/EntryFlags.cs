// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.X86;

/// <summary>Whether a function takes processor flags from its caller, which no function of the C ABI does (psABI 3.2.1) and
/// hand-written code may: a dispatcher compares, and changes them.</summary>
public static class EntryFlags
{
    private const RflagsBits Arithmetic = RflagsBits.OF | RflagsBits.SF | RflagsBits.ZF | RflagsBits.AF | RflagsBits.CF | RflagsBits.PF;

    /// <returns>The address of the first instruction that reads a flag which the function has not set before, or null.</returns>
    public static Address? FindReader(ReadOnlyMemory<byte> code, Address entry)
    {
        var set = RflagsBits.None;
        foreach (var instruction in CodeReader.Decode(code, entry))
        {
            // It copies the flags to r11, which is lost with every call (psABI, A.2.1), and leaves them as they are; the kernel takes none.
            if (instruction.Mnemonic == Mnemonic.Syscall)
            {
                continue;
            }
            if ((instruction.RflagsRead & Arithmetic & ~set) != 0)
            {
                return new Address(instruction.IP);
            }
            set |= instruction.RflagsModified;
            // Behind a call or a jump, and behind a branch that has its flags from here, others are responsible.
            if ((set & Arithmetic) == Arithmetic || instruction.FlowControl != FlowControl.Next)
            {
                return null;
            }
        }
        return null;
    }
}
