// SPDX-License-Identifier: Apache-2.0
using CsCheck;
using Wfpatch.Core.Seccomp;

namespace Wfpatch.Core.Tests.Seccomp;

/// <summary>Filters as the kernel takes them: forward jumps that stay inside, known codes, a return at the end.</summary>
internal static class RandomFilters
{
    private static readonly ushort[] Plain =
    [
        BpfCode.LoadLength, BpfCode.LoadIndexLength, BpfCode.MoveToIndex, BpfCode.MoveFromIndex, 0x0c, 0x1c, 0x2c, 0x3c, 0x4c, 0x5c, 0xac, 0x84,
    ];

    private static readonly ushort[] WithConstant = [BpfCode.LoadConstant, BpfCode.LoadIndexConstant, 0x04, 0x14, 0x24, 0x44, 0x54, 0xa4];
    private static readonly ushort[] OfScratch = [BpfCode.LoadScratch, BpfCode.LoadIndexScratch, BpfCode.Store, BpfCode.StoreIndex];
    private static readonly ushort[] Comparisons = [0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d];
    private static readonly uint[] Verdicts = [0x80000000, 0x00050001, 0x00050002, SeccompVerdict.Allow, SeccompVerdict.Log];

    private static readonly Gen<uint> Constant = Gen.OneOf(Gen.UInt, Gen.UInt[0, 9]);

    private static readonly Gen<BpfInstruction> Instruction = Gen.Frequency(
        (3, Gen.UInt[0, 15].Select(w => new BpfInstruction(BpfCode.LoadData, 0, 0, w * 4))),
        (2, OneOf(Plain).Select(c => new BpfInstruction(c, 0, 0, 0))),
        (2, Gen.Select(OneOf(WithConstant), Constant).Select(s => new BpfInstruction(s.Item1, 0, 0, s.Item2))),
        (1, Gen.Select(OneOf<ushort>(0x64, 0x74), Gen.UInt[0, 31]).Select(s => new BpfInstruction(s.Item1, 0, 0, s.Item2))),
        (1, Gen.Select(OneOf(OfScratch), Gen.UInt[0, 3]).Select(s => new BpfInstruction(s.Item1, 0, 0, s.Item2))),
        (4, Gen.Select(OneOf(Comparisons), Gen.Byte[0, 5], Gen.Byte[0, 5], Constant).Select(s => new BpfInstruction(s.Item1, s.Item2, s.Item3, s.Item4))),
        (1, OneOf(Verdicts).Select(v => new BpfInstruction(BpfCode.ReturnConstant, 0, 0, v))));

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>Up to 30 instructions; the last ones return, so that no jump leads beyond.</summary>
    public static Gen<BpfInstruction[]> Program { get; } =
        Gen.Select(Instruction.Array[1, 24], OneOf(Verdicts).Array[6]).Select(s =>
            s.Item1.Concat(s.Item2.Select(v => new BpfInstruction(BpfCode.ReturnConstant, 0, 0, v))).ToArray());
}
