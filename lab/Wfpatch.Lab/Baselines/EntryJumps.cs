// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.X86;

namespace Wfpatch.Lab.Baselines;

/// <summary>
/// A patch as those put it in force that stop everybody: a jump of five bytes at the entry of each replaced function, straight to the new code. The new code is the one
/// that an apply of ours has left in the target, which took that patch back since: so all methods run the same code, and differ in how threads get there.
/// </summary>
/// <param name="Apply">The jumps.</param>
/// <param name="Revert">What stood there.</param>
/// <param name="Middles">Where a thread must not stand when a jump is written: behind its first byte.</param>
/// <param name="Changed">All that changes: replaced functions, their parts, and the new code.</param>
internal sealed record EntryJumps(
    ImmutableArray<CodeWrite> Apply, ImmutableArray<CodeWrite> Revert, ImmutableArray<AddressRange> Middles, ImmutableArray<AddressRange> Changed)
{
    private const int Length = 5;
    private const byte JumpNear = 0xe9;

    /// <param name="state">Of the target; the patch is in it, and not in force.</param>
    /// <param name="memory">The target's.</param>
    /// <exception cref="InvalidOperationException">Jumps cannot be written there; the message says why.</exception>
    internal static EntryJumps Of(TargetState state, string patchId, IMemory memory)
    {
        if (!state.Applied.IsEmpty || state.Transition is not null)
        {
            throw new InvalidOperationException("a patch is in force, or a transition is open");
        }
        ImmutableArray<ImageState> images = [.. state.Images.Where(image => image.PatchId == patchId)];
        ImmutableArray<ReplacedFunction> functions = [.. images.SelectMany(image => image.Functions).DistinctBy(function => function.Entry)];
        return functions.IsEmpty
            ? throw new InvalidOperationException("the patch was never applied there")
            : new(
                [.. functions.Select(Jump)],
                [.. functions.Select(function => new CodeWrite(function.Entry, ReadEntry(function, memory)))],
                [.. functions.Select(function => MiddleOf(function.Entry))],
                [.. images.SelectMany(image => image.Functions.Select(function => function.Old).Concat(image.OldParts).Append(image.Range))]);
    }

    private static CodeWrite Jump(ReplacedFunction function)
    {
        byte[] bytes = new byte[Length];
        bytes[0] = JumpNear;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), checked((int)(function.New.Start - (function.Entry + Length))));
        return new(function.Entry, bytes);
    }

    private static byte[] ReadEntry(ReplacedFunction function, IMemory memory)
    {
        if (function.Old.Length < Length)
        {
            throw new InvalidOperationException($"{function.Name} is shorter than a jump");
        }
        byte[] code = new byte[function.Old.Length];
        if (!memory.TryRead(function.Old.Start, code))
        {
            throw new InvalidOperationException($"{function.Name} cannot be read");
        }
        return EntryBranches.FindInto(code, function.Old.Start, MiddleOf(function.Entry)) is { } branch
            ? throw new InvalidOperationException($"{function.Name} branches into its first {Length} bytes, at {branch.From}")
            : code[..Length];
    }

    private static AddressRange MiddleOf(Address entry) => new(entry + 1, entry + Length);
}
