// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Unwinding;

/// <summary>How a register's value in the caller, or the frame's address, is found (DWARF 5, section 6.4.1).</summary>
public enum FrameRuleKind : byte
{
    /// <summary>No instruction names the register: a callee-saved one keeps its value, another one is lost (psABI, table 3.4).</summary>
    Unspecified = 0,

    /// <summary>Lost; for the return address: there is no caller.</summary>
    Undefined = 1,

    /// <summary>Unchanged by the function.</summary>
    SameValue = 2,

    /// <summary>Stored at frame address + offset.</summary>
    Offset = 3,

    /// <summary>Equal to frame address + offset.</summary>
    ValueOffset = 4,

    /// <summary>In another register (for a frame address: that register + offset).</summary>
    Register = 5,

    /// <summary>Stored where an expression says.</summary>
    Expression = 6,

    /// <summary>Equal to what an expression gives.</summary>
    ValueExpression = 7,
}

/// <summary>One rule.</summary>
/// <param name="Register">For <see cref="FrameRuleKind.Register"/>: which (DWARF number; 255 for one above 254), else 0.</param>
/// <param name="Operand">Bytes, for the kinds that have an offset; for the expressions their place, see below.</param>
public readonly record struct FrameRule(FrameRuleKind Kind, byte Register = 0, long Operand = 0)
{
    /// <summary>Where an expression starts in the table's bytes.</summary>
    public int ExpressionStart => (int)(Operand >> 32);

    /// <summary>Bytes of an expression.</summary>
    public int ExpressionLength => (int)Operand;

    internal static FrameRule AtExpression(FrameRuleKind kind, int start, int length) => new(kind, 0, ((long)start << 32) | (uint)length);
}
