// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Unwinding;

/// <summary>The registers of one frame, with those marked whose value is not known any more.</summary>
internal struct FrameRegisters
{
    private const uint CalleeSaved =
        (1u << (int)Register.Rbx) | (1u << (int)Register.Rbp) | (1u << (int)Register.R12) | (1u << (int)Register.R13) | (1u << (int)Register.R14) | (1u << (int)Register.R15);

    private RegisterSet _values;
    private uint _known;

    public static FrameRegisters Of(in RegisterSet registers) => new() { _values = registers, _known = (1u << RegisterSet.Count) - 1 };

    public readonly bool TryGet(uint register, out ulong value)
    {
        bool known = register < RegisterSet.Count && ((_known >> (int)register) & 1) != 0;
        value = known ? _values[(Register)register] : 0;
        return known;
    }

    public readonly ulong ValueOf(Register register) => _values[register];

    public void Set(Register register, ulong value)
    {
        _values[register] = value;
        _known |= 1u << (int)register;
    }

    /// <summary>What a call leaves unchanged unless the callee says otherwise (psABI, figure 3.4).</summary>
    public static bool IsCalleeSaved(Register register) => ((CalleeSaved >> (int)register) & 1) != 0;

    public void Forget(Register register) => _known &= ~(1u << (int)register);

    /// <summary>Leaves what a caller has if no rule says otherwise.</summary>
    public void ForgetAllButCalleeSaved() => _known &= CalleeSaved;
}
