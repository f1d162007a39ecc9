// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Iced.Intel;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Matching;

/// <summary>An instruction of old code, decoded at address 0, so that its targets are offsets in the function.</summary>
/// <param name="FirstHole">Index in <see cref="OldCode.Holes"/>; its <paramref name="HoleCount"/> holes follow each other.</param>
internal readonly record struct OldInstruction(Instruction Decoded, ConstantOffsets Constants, int Offset, int FirstHole, int HoleCount)
{
    public int End => Offset + Decoded.Length;

    public bool IsPadding => Decoded.Mnemonic == Mnemonic.Nop && HoleCount == 0;

    public bool IsRelativeBranch => IsNearBranch(Decoded);

    public static bool IsNearBranch(in Instruction decoded) =>
        decoded.Op0Kind is OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.NearBranch64;
}

/// <summary>An old function made ready for comparisons.</summary>
internal sealed class OldCode
{
    private readonly Lazy<ImmutableArray<OldInstruction>> _instructions;

    private OldCode(int index, OldFunction function, ImmutableArray<Hole> holes)
    {
        Index = index;
        Function = function;
        Holes = holes;
        _instructions = new(Decode);
        (Prefix, PrefixMask) = FindPrefix();
    }

    /// <summary>Index in the patch's old functions; of a copy that runs in a function's place, that function's.</summary>
    public int Index { get; }

    public OldFunction Function { get; }

    /// <summary>By offset, without overlaps, within the function.</summary>
    public ImmutableArray<Hole> Holes { get; }

    public ReadOnlySpan<byte> Bytes => Function.Bytes.Span;

    public ImmutableArray<OldInstruction> Instructions => _instructions.Value;

    /// <summary>What the first bytes must be, little endian, however the rest was linked: where the mask has ones.</summary>
    public UInt128 Prefix { get; }

    public UInt128 PrefixMask { get; }

    /// <summary>For messages.</summary>
    public string Display => Function.Unit.Length == 0 ? Function.Name : $"{Function.Name} ({Function.Unit})";

    /// <summary>Checks an old function of a patch; the code is null where there are refusals.</summary>
    public static (OldCode? Code, ImmutableArray<Refusal> Refusals) Prepare(ObjectPatch patch, int index)
    {
        var function = patch.OldFunctions[index];
        var refusals = ImmutableArray.CreateBuilder<Refusal>();
        void Malformed(string what) => refusals.Add(MatchRefusals.MalformedOldCode.About(function.Name, $"In the old code of {function.Name}, {what}; build the patch again."));
        if (function.Bytes.IsEmpty)
        {
            Malformed("there are no bytes");
        }
        if ((uint)function.Symbol >= (uint)patch.Symbols.Length || patch.Symbols[function.Symbol].IsDefinedByPatch)
        {
            Malformed("the function's own symbol is not one of the running program");
        }
        var holes = new List<Hole>();
        foreach (var relocation in function.Relocations.Where(r => !RelocationField.IsMark(r.Type)).OrderBy(r => r.Offset))
        {
            var (form, size, isSigned) = Hole.Describe(relocation.Type);
            if (form == HoleForm.Unsupported)
            {
                refusals.Add(MatchRefusals.UnsupportedOldRelocation.About(function.Name,
                    $"The old code of {function.Name} has a relocation of type {relocation.Type} at offset 0x{relocation.Offset:x}, which the match cannot solve."));
            }
            else if (relocation.Offset + (ulong)size > (ulong)function.Bytes.Length || (holes.Count > 0 && relocation.Offset < holes[^1].End))
            {
                Malformed($"the relocation at offset 0x{relocation.Offset:x} lies outside the function or on another one");
            }
            else if (relocation.Symbol < -1 || relocation.Symbol >= patch.Symbols.Length || (relocation.Symbol >= 0 && patch.Symbols[relocation.Symbol].IsDefinedByPatch))
            {
                Malformed($"the relocation at offset 0x{relocation.Offset:x} is to no symbol of the running program");
            }
            else
            {
                holes.Add(new Hole((int)relocation.Offset, size, form, isSigned, relocation.Type, relocation.Symbol, relocation.Addend));
            }
        }
        return refusals.Count > 0 ? (null, refusals.ToImmutable()) : (new OldCode(index, function, [.. holes]), []);
    }

    /// <summary>The same code in another function's place.</summary>
    public OldCode As(int index) => index == Index ? this : new OldCode(index, Function, Holes);

    private ImmutableArray<OldInstruction> Decode() => [.. DecodeFrom()];

    private IEnumerable<OldInstruction> DecodeFrom()
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(Function.Bytes.ToArray()), 0, DecoderOptions.None);
        int hole = 0;
        while (decoder.IP < (ulong)Function.Bytes.Length)
        {
            int offset = (int)decoder.IP;
            decoder.Decode(out var decoded);
            while (hole < Holes.Length && Holes[hole].Offset < offset)
            {
                hole++;
            }
            int count = 0;
            while (hole + count < Holes.Length && Holes[hole + count].End <= offset + decoded.Length)
            {
                count++;
            }
            yield return new OldInstruction(decoded, decoder.GetConstantOffsets(decoded), offset, hole, count);
        }
    }

    // Stops before whatever may be encoded in another way or depends on the distance to something within the function.
    private (UInt128 Prefix, UInt128 Mask) FindPrefix()
    {
        Span<byte> first = stackalloc byte[RunningBytes.PrefixSize];
        Span<byte> mask = stackalloc byte[RunningBytes.PrefixSize];
        foreach (var instruction in DecodeFrom())
        {
            if (instruction.Offset >= RunningBytes.PrefixSize || !HasOneForm(instruction))
            {
                break;
            }
            for (int i = instruction.Offset; i < Math.Min(instruction.End, RunningBytes.PrefixSize); i++)
            {
                (first[i], mask[i]) = (Bytes[i], 0xff);
            }
            foreach (var hole in Holes.AsSpan(instruction.FirstHole, instruction.HoleCount))
            {
                int from = Math.Min(hole.Offset, RunningBytes.PrefixSize);
                int to = Math.Min(hole.End, RunningBytes.PrefixSize);
                first[from..to].Clear();
                mask[from..to].Clear();
            }
        }
        return (BinaryPrimitives.ReadUInt128LittleEndian(first), BinaryPrimitives.ReadUInt128LittleEndian(mask));
    }

    private bool HasOneForm(in OldInstruction instruction)
    {
        if (instruction.Decoded.IsInvalid || instruction.IsPadding || instruction.IsRelativeBranch || (instruction.Decoded.IsIPRelativeMemoryOperand && instruction.HoleCount == 0))
        {
            return false;
        }
        foreach (var hole in Holes.AsSpan(instruction.FirstHole, instruction.HoleCount))
        {
            if (hole.MayBeRelaxed)
            {
                return false;
            }
        }
        // One hole of two operands: the other may be a distance within the function.
        return instruction.HoleCount != 1 || !instruction.Decoded.IsIPRelativeMemoryOperand
            || Holes[instruction.FirstHole].Offset == instruction.Offset + instruction.Constants.DisplacementOffset;
    }
}
