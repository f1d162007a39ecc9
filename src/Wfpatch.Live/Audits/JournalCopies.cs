// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Audits;
using Wfpatch.Core.Plans;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Audits;

/// <summary>Whether the two copies of the state are as our controllers leave them.</summary>
public static class JournalCopies
{
    /// <summary>For each copy null or what is wrong; and whether one is torn as by a kill in the middle of its writing: it would have been the next.</summary>
    public static (IReadOnlyList<Difference?> Copies, bool IsTorn) Compare(TargetMemory memory, TargetJournal journal)
    {
        var copies = new List<Difference?>();
        bool isTorn = false;
        for (int copy = 0; copy < 2; copy++)
        {
            var at = JournalLayout.CopyAddress(journal.Region, copy);
            ulong sequence = memory.Read(at, JournalEncoding.HeadLength) is { } head ? JournalEncoding.SequenceOf(head) : 0;
            bool isWhole = TargetJournal.ReadCopy(memory, at) is not null;
            bool isNext = !isWhole && TargetJournal.WholeSequence(memory, at) is null && journal.Sequence > 0 && sequence == journal.Sequence + 1;
            isTorn |= isNext;
            // The first state of all has no second copy.
            bool isRight = isWhole || isNext || (sequence == 0 && journal.Sequence == 1);
            copies.Add(isRight ? null : new Difference(
                AuditRefusals.StateDamaged, $"state's copy {copy.ToString(CultureInfo.InvariantCulture)}", at, "a whole one", $"number {sequence.ToString(CultureInfo.InvariantCulture)}, which does not fit its checksum or our rules"));
        }
        return (copies, isTorn);
    }
}
