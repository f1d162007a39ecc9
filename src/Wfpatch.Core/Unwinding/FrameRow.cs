// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;

namespace Wfpatch.Core.Unwinding;

/// <summary>The rules that hold at one program counter: one row of the table that the call frame instructions of a function
/// describe (DWARF 5, section 6.4.1).</summary>
public struct FrameRow
{
    private FrameRule _frameAddress;
    private Rules _rules;
    private uint _named;

    /// <summary>How the canonical frame address (CFA: the stack pointer's value before the call) is found:
    /// <see cref="FrameRuleKind.Register"/> with an offset, or <see cref="FrameRuleKind.ValueExpression"/>.</summary>
    public FrameRule FrameAddress
    {
        readonly get => _frameAddress;
        internal set => _frameAddress = value;
    }

    /// <summary>The offset that was last given to a frame address. It outlives an expression: see <see cref="CallFrameProgram"/>.</summary>
    internal long LastOffset { get; set; }

    /// <summary>The rule of a register; <see cref="Register.Rip"/> stands for the return address.</summary>
    public FrameRule this[Register register]
    {
        readonly get => _rules[(int)register];
        internal set
        {
            uint bit = 1u << (int)register;
            _rules[(int)register] = value;
            _named = value.Kind == FrameRuleKind.Unspecified ? _named & ~bit : _named | bit;
        }
    }

    /// <summary>A bit for each register that has a rule: most rows name three or four of the seventeen.</summary>
    internal readonly uint Named => _named;

    [InlineArray(RegisterSet.Count)]
    private struct Rules
    {
        private FrameRule _first;
    }
}
