// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects;

/// <summary>
/// Punned jump: one byte becomes E9 and the four bytes after it, as they are, spell where it leads; the trampoline is put
/// there (instruction punning, PLDI 2017). The byte is the first one, or follows prefixes that a jump ignores.
/// </summary>
public sealed class OneByteTactic : IRedirectTactic
{
    private const byte JumpNear = 0xe9;

    public string Name => "one-byte";

    public IEnumerable<RedirectPlan> Plan(EntryCode entry, AddressSpaceMap space, int trampolineLength)
    {
        for (int at = 0; at < entry.FirstLength && JumpPrefix.IsRedundant(entry.Code.Span[..at]); at++)
        {
            var jump = entry.Entry + at;
            var target = jump + 5 + BinaryPrimitives.ReadInt32LittleEndian(entry.Code.Span[(at + 1)..]);
            var write = new EntryWrite(jump, entry.Code.Slice(at, 1), new[] { JumpNear });
            var plan = new RedirectPlan(entry.Entry, Name, entry.Code[..entry.FirstLength], write, jump, target, trampolineLength);
            if (entry.Code.Span[at] != JumpNear && entry.Places.Contains(plan.TrampolineRange) && space.CanHold(plan.TrampolineRange) && !space.Collides(write.Range, plan.Displacement))
            {
                yield return plan;
            }
        }
    }
}
