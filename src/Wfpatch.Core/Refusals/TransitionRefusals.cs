// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 7xx: generations and transitions.</summary>
public static class TransitionRefusals
{
    public static readonly RefusalKind TransitionOpen = new("WF701", "transition-open", "An earlier transition of the target is not finished.", "Finish it with the same apply again, or take it back with revert.");
    public static readonly RefusalKind NotApplied = new("WF702", "not-applied", "The patch that shall be reverted is not in force in the target.", "See wfpatch status for what is.");
    public static readonly RefusalKind LaterPatch = new("WF703", "later-patch", "A later patch replaces a function of the patch that shall be reverted.", "Revert the later patch first.");
    public static readonly RefusalKind BelowPoint = new("WF704", "below-point", "The patch changes a function that is on a thread's stack at the profile's quiescence points.", "Use --policy stack.");
    public static readonly RefusalKind NoProfile = new("WF705", "no-profile", "The policy is points, and no profile with points is known for the target.", "Name one with --profile, or use --policy stack.");
    public static readonly RefusalKind PointNotFound = new("WF706", "profile-point-not-found", "A quiescence point of the profile is neither in the patch file nor exported by the library that the profile names.", "Build the patch with --points, or use --policy stack.");
    public static readonly RefusalKind JournalFull = new("WF707", "journal-full", "The state in the target has no room for another patch.", "Restart the program with the fix.");
    public static readonly RefusalKind NoSuchCanary = new("WF708", "no-such-canary", "The threads that shall be canaries do not exist in the target, or are more than it has.", "See wfpatch status for its threads; one thread id alone is written with a comma behind it.");
    public static readonly RefusalKind OpenForAll = new("WF709", "open-for-all", "Canaries are asked for, and the transition is open for all threads already.", "Take it back with revert, and apply the patch again with --canary.");
    public static readonly RefusalKind NothingOpen = new("WF710", "nothing-open", "There is no open transition that could be advanced.", "See wfpatch status for what is in force.");
    public static readonly RefusalKind NoExplicitPoint = new("WF731", "no-explicit-point", "The policy is explicit, and nothing that is loaded in the target announces a quiescence point.", "Compile the program with include/wfpatch.h, or use another policy.");
    public static readonly RefusalKind BadExplicitPoint = new("WF732", "bad-explicit-point", "The note of an explicit quiescence point does not lead to the instruction that it should.", "Build the program again with the include/wfpatch.h of this version, or use another policy.");
    public static readonly RefusalKind NotGathered = new("WF721", "not-gathered", "All threads were to go over in one instant, and were never outside of the changed code at the same time.", "Try again when the program does less, or give them longer with --max-wait or --timeout.");
    public static readonly RefusalKind CanaryOfGlobal = new("WF722", "canary-of-global", "A patch whose versions must not run side by side cannot be tried on some threads.", "Apply it without --canary.");
    public static readonly RefusalKind OtherConsistency = new("WF723", "other-consistency", "Threads shall go over one by one, and the patch, or the transition that is open, says all at once; or the other way round.", "Leave --consistency away; a patch that declares it is built again without it.");
    public static readonly RefusalKind TooFarForGlobal = new("WF727", "too-far-for-global", "All threads shall go over at once, and the patch changes programs and libraries that lie so far apart that no one write decides for all.", "Leave --consistency global away, or make a patch for each program and library.");
    public static readonly RefusalKind SuspendedStacks = new("WF733", "suspended-stacks", "The policy is stack, and the target makes stacks for coroutines: what a suspended one holds cannot be seen.", "Use --policy points with a profile whose points lie between two requests.");
    public static readonly RefusalKind CallbacksNeedPoints = new("WF741", "callbacks-need-points", "The patch has callbacks, and no quiescence point is known at which a thread of the target could call them: under the policy stack there is none.", "Use --policy points with a profile, or --policy explicit; wfpatch points proposes a profile.");
    public static readonly RefusalKind CallbackRefused = new("WF742", "callback-refused", "A callback of the patch that is called before it is applied said no; nothing was applied.", "What it looks for is its author's affair; see the number that it returned.");
    public static readonly RefusalKind CallbacksOfGlobal = new("WF743", "callbacks-of-global", "The patch has callbacks, and all threads are to go over in one instant: nobody comes by a point meanwhile.", "Build the patch without --consistency global, or without callbacks.");
    public static readonly RefusalKind CallbackLost = new("WF744", "callback-lost", "The thread that ran a callback is not in this process any more: it ended in the callback, or this process was forked from another thread meanwhile.", "Take the patch back with revert.");
    public static readonly RefusalKind CallbacksOfSeveral = new("WF745", "callbacks-of-several", "Several programs and libraries of one patch have callbacks, and those of one alone can be called.", "Put the callbacks into one of them.");
    public static readonly RefusalKind RequiredMissing = new("WF751", "required-missing", "The patch needs other patches below it, and one of them is not in force in the target, or they were applied in another order.", "Apply what is missing first; see wfpatch status for what is in force, and wfpatch inspect for what the patch needs.");
    public static readonly RefusalKind RequiredByOther = new("WF752", "required-by-other", "A patch in force needs the patch that shall be reverted.", "Revert the one that needs it first.");
    public static readonly RefusalKind ReplacesRequired = new("WF753", "replaces-required", "The patch shall replace all others, and it needs some of them.", "Apply it without --replace, or build one patch of all the fixes with --replace.");
    public static readonly RefusalKind OtherReplacing = new("WF754", "other-replacing", "The patch shall replace all others, and its transition is open and does not.", "Finish it without --replace or take it back, then apply it again.");
    public static readonly RefusalKind AddedByPatch = new("WF755", "added-by-patch", "The patch changes a function that an earlier patch has added.", "Build one patch of both fixes with --replace.");
    public static readonly RefusalKind OtherBackend = new("WF761", "other-backend", "What is in force in the target, or its open transition, is made by another backend than the one that is asked for.", "Leave --backend away, or revert what is in force first.");
    public static readonly RefusalKind NoGenerations = new("WF762", "no-generations", "The backend aspace is asked for, and this kernel has no address-space generations.", "Use --backend dispatch, or boot a kernel with the series in kernel/.");
    public static readonly RefusalKind NotWithViews = new("WF763", "not-with-aspace", "Threads shall go over at quiescence points, and with the backend aspace they cannot: a seccomp filter may be against the system call by which they do, a point was hooked by the backend dispatch before, or an earlier patch has replaced it.", "Use --policy stack, or --backend dispatch where nothing is in force.");
    public static readonly RefusalKind ForeignViews = new("WF764", "foreign-generations", "The target has address-space generations that are not ours: it patches itself, or something else does.", "Such a process cannot be patched from outside.");
    public static readonly RefusalKind ForkedView = new("WF765", "forked-from-view", "The process was forked by one that the backend aspace had patched: what its parent saw is its own program now, and nothing leads back.", "Restart it.");
    public static readonly RefusalKind ViewRefused = new("WF766", "view-refused", "The kernel did not make the view of the address space that the patch needs, or did not let it be written.", "See the number of the error in Documentation/mm/wfgen.rst; sysctl vm.wfgen_max_generations and vm.wfgen_max_pages are its limits.");
    public static readonly ImmutableArray<RefusalKind> All =
    [
        TransitionOpen, NotApplied, LaterPatch, BelowPoint, NoProfile, PointNotFound, JournalFull, NoSuchCanary, OpenForAll, NothingOpen, NoExplicitPoint, BadExplicitPoint,
        SuspendedStacks, NotGathered, CanaryOfGlobal, OtherConsistency, TooFarForGlobal, CallbacksNeedPoints, CallbackRefused, CallbacksOfGlobal, CallbackLost, CallbacksOfSeveral,
        RequiredMissing, RequiredByOther, ReplacesRequired, OtherReplacing, AddedByPatch,
        OtherBackend, NoGenerations, NotWithViews, ForeignViews, ForkedView, ViewRefused,
    ];
}
