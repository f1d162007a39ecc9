// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Seccomp;

/// <summary>The codes that the kernel lets into a filter of system calls (linux/bpf_common.h; seccomp_check_filter in kernel/seccomp.c).</summary>
public static class BpfCode
{
    /// <summary>Source of the second operand: the index register.</summary>
    public const ushort Index = 0x08;

    public const ushort LoadData = 0x20, LoadLength = 0x80, LoadConstant = 0x00, LoadScratch = 0x60;
    public const ushort LoadIndexLength = 0x81, LoadIndexConstant = 0x01, LoadIndexScratch = 0x61;
    public const ushort Store = 0x02, StoreIndex = 0x03;
    public const ushort ReturnConstant = 0x06, ReturnAccumulator = 0x16;
    public const ushort MoveToIndex = 0x07, MoveFromIndex = 0x87;
    public const ushort Jump = 0x05;

    private const ushort ClassMask = 0x07, OperationMask = 0xf0, Arithmetic = 0x04, Jumping = 0x05;

    public static bool IsArithmetic(ushort code) => (code & ClassMask) == Arithmetic;

    public static bool IsComparison(ushort code) => (code & ClassMask) == Jumping && (code & OperationMask) != 0;

    /// <summary>The result of an arithmetic instruction; null where the kernel takes no such instruction. Dividing by zero ends a filter with 0,
    /// which the caller must see to.</summary>
    public static uint? Compute(ushort code, uint left, uint right) => (code & OperationMask) switch
    {
        0x00 => left + right,
        0x10 => left - right,
        0x20 => left * right,
        0x30 => right == 0 ? null : left / right,
        0x40 => left | right,
        0x50 => left & right,
        0x60 => right < 32 ? left << (int)right : null,
        0x70 => right < 32 ? left >> (int)right : null,
        0x80 => 0 - left,
        0xa0 => left ^ right,
        _ => null,
    };

    /// <summary>Whether a comparison holds; null where it is none that the kernel takes.</summary>
    public static bool? Compare(ushort code, uint left, uint right) => (code & OperationMask) switch
    {
        0x10 => left == right,
        0x20 => left > right,
        0x30 => left >= right,
        0x40 => (left & right) != 0,
        _ => null,
    };

    public static bool IsDivision(ushort code) => IsArithmetic(code) && (code & OperationMask) == 0x30;
}
