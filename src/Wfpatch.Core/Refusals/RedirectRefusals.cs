// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 4xx: redirecting a function.</summary>
public static class RedirectRefusals
{
    public static readonly RefusalKind NotAnInstruction = new("WF401", "not-an-instruction", "The function's entry does not decode as an instruction.", "Check that the patch was built for this binary.");
    public static readonly RefusalKind FirstInstructionFixed = new("WF402", "first-instruction-fixed", "The function's first instruction does not work at another address.", "Change the callers instead, or wait for a version that can redirect such functions.");
    public static readonly RefusalKind BranchToEntry = new("WF403", "branch-to-entry", "The function branches into the middle of its own first instruction, whose bytes the redirect needs; or a quiescence point loops back to its entry.", "Change the callers instead.");
    public static readonly RefusalKind NoRoom = new("WF404", "no-room-for-redirect", "No jump in place of the function's first instruction leads to memory that is free.", "Apply to another run of the program (addresses differ), or change the callers instead.");
    public static readonly RefusalKind NoPlace = new("WF405", "no-room-for-code", "There is no free memory within 2 GiB of the program or library for the new code.", "Nothing can be done for this process; restart it with the fix.");
    public static readonly RefusalKind FlagsAtEntry = new("WF406", "flags-at-entry", "The function takes processor flags from its caller, which a redirect does not keep.", "Change the callers instead.");
    public static readonly RefusalKind EntryBusy = new("WF407", "entry-busy", "A function can only be redirected while all threads stand still outside of its first instructions, and that did not come about.", "Try again when the program is less busy.");
    public static readonly RefusalKind NoRoomForJump = new("WF408", "no-room-for-jump", "With the backend aspace, a function is shorter than a jump, and what follows it is no padding.", "Use --backend dispatch, or change the callers instead.");
    public static readonly RefusalKind EntryApproached = new("WF409", "entry-approached", "With the backend aspace, something may lead into the first bytes of a function, which a jump takes the place of.", "Use --backend dispatch, or change the callers instead.");
    public static readonly ImmutableArray<RefusalKind> All = [NotAnInstruction, FirstInstructionFixed, BranchToEntry, NoRoom, NoPlace, FlagsAtEntry, EntryBusy, NoRoomForJump, EntryApproached];
}
