// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Plans;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Audits;

/// <summary>
/// The area of return hooks: its code and its frame index are always the same, the number that a block stores is one of few. Which return
/// address a block stands for, and where on a stack, only the thread's stack knows: both can be anything.
/// </summary>
/// <param name="Numbers">What a block may store.</param>
/// <param name="IsNeeded">Whether it must be there: else it may never have been written, or not to its last write.</param>
public sealed record ExpectedReturnHooks(Address Area, ImmutableArray<uint> Numbers, bool IsNeeded) : Expectation(AuditRefusals.TrampolineChanged, "area of return hooks", Area)
{
    public override Difference? Compare(IMemory memory)
    {
        bool mayBeUnwritten = !IsNeeded && ReturnHookArea.IsUnwritten(memory, Area);
        return mayBeUnwritten ? null : new ExpectedBytes(Kind, What, Address, Allowed()).Compare(memory);
    }

    private ImmutableArray<ImmutableArray<byte>> Allowed()
    {
        var bytes = new byte[JournalLayout.ReturnHooksLength];
        foreach (var write in ReturnHookArea.Initial(Area))
        {
            write.Bytes.CopyTo(bytes, (int)(write.Address - Area));
        }
        ImmutableArray<ImmutableArray<byte>> values = [.. Enumerable.Range(0, byte.MaxValue + 1).Select(b => ImmutableArray.Create((byte)b))];
        var allowed = bytes.Select(b => values[b]).ToArray();
        ImmutableArray<ImmutableArray<byte>> numbers = [.. Enumerable.Range(0, sizeof(ulong)).Select(i => Numbers.Select(n => (byte)((ulong)n >> (8 * i))).Distinct().ToImmutableArray())];
        for (int block = 0; block < ReturnHookArea.Count; block++)
        {
            int at = (int)(ReturnHookArea.BlockAt(Area, block) - Area);
            numbers.CopyTo(allowed, at + ReturnHookArea.NumberOffset);
            allowed.AsSpan(at + ReturnHookArea.OriginalOffset, ReturnHookArea.BlockLength - ReturnHookArea.OriginalOffset).Fill([]);
        }
        return [.. allowed];
    }
}
