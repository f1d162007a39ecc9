// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Redirects;

namespace Wfpatch.Core.Generations;

/// <summary>
/// All that we did to a target, as it lies in the target itself (Plans/JournalEncoding): what a new controller needs to go on,
/// to undo or to tell. Written whole before each step, so that every step can be repeated.
/// </summary>
public sealed record TargetState
{
    public static readonly TargetState Empty = new();

    /// <summary>The generation that threads are in when no transition is open. 0 is the program as it was started.</summary>
    public uint Generation { get; init; }

    /// <summary>The highest generation that threads may ever have been in. No number is used for two: a stale word of a reused
    /// stack means nothing. (A transition that is cancelled gives its number back, since no thread had it.)</summary>
    public uint LastGeneration { get; init; }

    public ImmutableArray<RegionState> Regions { get; init; } = [];

    /// <summary>Pages that were mapped for trampolines.</summary>
    public ImmutableArray<Address> TrampolinePages { get; init; } = [];

    /// <summary>Pages within the regions that were given to variables of patches: there the target can write and not execute.</summary>
    public ImmutableArray<AddressRange> DataPages { get; init; } = [];

    /// <summary>New code that lies in the target. It is never removed: a pointer to a string of it may be anywhere.</summary>
    public ImmutableArray<ImageState> Images { get; init; } = [];

    public ImmutableArray<RedirectState> Redirects { get; init; } = [];

    /// <summary>What makes the patches that are in force, and the open transition. Never two at a time.</summary>
    public BackendKind Backend { get; init; }

    /// <summary>The kernel's number of the view that threads are in when no transition is open; 0, generation 0 of the kernel: the program as it was started,
    /// and under the backend dispatch always.</summary>
    public int View { get; init; }

    /// <summary>The functions that views replace.</summary>
    public ImmutableArray<EntryState> Entries { get; init; } = [];

    public ImmutableArray<HookState> Hooks { get; init; } = [];

    /// <summary>The unwinders of the target that are shown the frames of new code. They stay so: new code may be on a stack long after a revert.</summary>
    public ImmutableArray<UnwinderState> Unwinders { get; init; } = [];

    /// <summary>Where trampolines are described to them (Redirects.Trampolines.TrampolineFrames). What was written there never changes.</summary>
    public ImmutableArray<FramesState> Frames { get; init; } = [];

    /// <summary>The frame index of the newest image that has one, from which all others are reached; zero: the target has no region yet.</summary>
    public Address FrameIndex => Images.LastOrDefault(i => i.FrameIndex != Address.Zero)?.FrameIndex ?? ReturnHooks;

    /// <summary>Where return hooks lie, and first of them the frame index that all others end in; zero: the target has no region yet.</summary>
    public Address ReturnHooks => Regions.IsEmpty ? Address.Zero : Regions[0].Range.Start + Plans.JournalLayout.ReturnHooksOffset;

    /// <summary>Where the code lies that calls callbacks (CallbackArea); zero: the target has no region yet.</summary>
    public Address CallbackArea => Regions.IsEmpty ? Address.Zero : Regions[0].Range.Start + Plans.JournalLayout.CallbacksOffset;

    /// <summary>Where the target's unwinders read it.</summary>
    public Address FrameIndexHead => Regions.IsEmpty ? Address.Zero : Regions[0].Range.Start + Plans.JournalLayout.FrameIndexOffset;

    /// <summary>The patches that are in force, oldest first.</summary>
    public ImmutableArray<AppliedPatch> Applied { get; init; } = [];

    /// <summary>Patches that are wanted and whose library is not loaded, or not any more.</summary>
    public ImmutableArray<WaitingPatch> Waiting { get; init; } = [];

    /// <summary>The programs and libraries that redirects, hooks and unwinders are in.</summary>
    public ImmutableArray<ObjectState> Objects { get; init; } = [];

    public TransitionState? Transition { get; init; }

    /// <summary>The image that replaces a function in the settled generation, or null: the original.</summary>
    public ImageState? VersionOf(Address entry, IEnumerable<AppliedPatch> applied) =>
        applied.Reverse().Select(a => Images[a.Image]).FirstOrDefault(i => i.Functions.Any(f => f.Entry == entry));

    /// <summary>The newest application of a patch, if what runs now is its code in all programs and libraries that it changes: later patches
    /// may have replaced it, and a library may have been unloaded.</summary>
    public AppliedPatch? FindInForce(string patchId) =>
        Applied.LastOrDefault(a => Images[a.Image].PatchId == patchId) is { } last
        && Waiting.All(w => w.PatchId != patchId) && PartsOf(last).All(a => IsInForce(a.Image))
            ? last
            : null;

    /// <summary>Whether an image was applied, and what runs now is its code.</summary>
    public bool IsInForce(int image) =>
        Applied.Any(a => a.Image == image) && Images[image].Functions.All(f => ReferenceEquals(VersionOf(f.Entry, Applied), Images[image]));

    /// <summary>The newest application of each image of a patch: it has one for each program and library that it changes.</summary>
    public ImmutableArray<AppliedPatch> PartsOf(AppliedPatch applied) =>
    [
        .. Applied.Where(a => a == applied || (Images[a.Image].PatchId.Length > 0 && Images[a.Image].PatchId == Images[applied.Image].PatchId))
            .GroupBy(a => a.Image).Select(g => g.Last()),
    ];

    /// <summary>Whether a patch is among those that are in force, all parts of it, whether or not later ones have replaced its functions.</summary>
    public bool IsApplied(string patchId) => Applied.Any(a => Images[a.Image].PatchId == patchId) && Waiting.All(w => w.PatchId != patchId);

    /// <summary>Whether no other patch is in force, or waits.</summary>
    public bool IsAlone(string patchId) => Applied.All(a => Images[a.Image].PatchId == patchId) && Waiting.All(w => w.PatchId == patchId);

    public int FindRedirect(Address entry)
    {
        for (int i = 0; i < Redirects.Length; i++)
        {
            if (Redirects[i].Plan.Entry == entry)
            {
                return i;
            }
        }
        return -1;
    }
}

/// <summary>A mapping of ours that holds new code (the first one also the journal).</summary>
/// <param name="Used">Bytes from the start on that are given out.</param>
public sealed record RegionState(AddressRange Range, ulong Used);

/// <summary>A program or library, by where it lies and what it is: so that memory of another one is not taken for it.</summary>
/// <param name="BuildId">Lower-case hexadecimal digits, or empty.</param>
public sealed record ObjectState(string Name, AddressRange Range, string BuildId);

/// <summary>A patch that waits for a library to be loaded.</summary>
public sealed record WaitingPatch(string PatchId, string PatchName, string ObjectName);

/// <summary>A patch's code linked for this process.</summary>
/// <param name="PatchId">Empty where its library was unloaded since: it is of no use any more.</param>
/// <param name="UnwindTable">Its .eh_frame; empty where it has none.</param>
/// <param name="Functions">The functions that it replaces.</param>
/// <param name="OldParts">Pieces of replaced functions that stand apart (.cold).</param>
public sealed record ImageState(
    string PatchId, string PatchName, string ObjectName, AddressRange Range, AddressRange UnwindTable,
    ImmutableArray<ReplacedFunction> Functions, ImmutableArray<AddressRange> OldParts)
{
    /// <summary>Of the bytes of <see cref="Range"/>, which never change (<see cref="Plans.Fnv1a"/>).</summary>
    public ulong Checksum { get; init; }

    /// <summary>What the target's own unwinder finds its frames by; zero where it has no unwind table.</summary>
    public Address FrameIndex { get; init; }

    /// <summary>Where its variables are; empty where it has none. They live as long as the process: a pointer to one may be anywhere,
    /// and a patch that is applied again goes on with them as they are.</summary>
    public AddressRange Data { get; init; }

    /// <summary>Where its callbacks are asked for (<see cref="Generations.CallbackBlock"/>), among its variables; zero where it has none.</summary>
    public Address CallbackBlock { get; init; }

    /// <summary>In the order in which they are called.</summary>
    public ImmutableArray<ImageCallback> Callbacks { get; init; } = [];

    /// <summary>The ids of the patches that its patch needs, in their order.</summary>
    public ImmutableArray<string> Requires { get; init; } = [];

    /// <summary>The functions and parts of functions that it has beside those that replace one.</summary>
    public ImmutableArray<NewFunction> Added { get; init; } = [];
}

/// <param name="Entry">The original entry.</param>
/// <param name="Old">The code that stood there, or the earlier patch's, when the patch was made ready.</param>
/// <param name="New">The new code.</param>
public sealed record ReplacedFunction(string Name, Address Entry, AddressRange Old, AddressRange New);

/// <summary>New code that is called once when the patch comes or goes.</summary>
public sealed record ImageCallback(CallbackKind Kind, Address Function);

/// <summary>New code that takes the place of nothing, for those who want names.</summary>
public sealed record NewFunction(string Name, AddressRange Code)
{
    /// <summary>A part of a function that stands apart (.cold).</summary>
    public bool IsPart => Diffing.Objects.SymbolNames.ParentOfPart(Name) is not null;
}

/// <summary>A function <c>_Unwind_Find_FDE</c> of the target whose entry leads to a FrameLookupTrampoline.</summary>
/// <param name="ObjectName">The library that it belongs to.</param>
public sealed record UnwinderState(string ObjectName, AddressRange Function, RedirectPlan Plan);

/// <summary>A frame index of trampolines.</summary>
/// <param name="Checksum">Of its bytes (<see cref="Plans.Fnv1a"/>).</param>
public sealed record FramesState(AddressRange Range, ulong Checksum);

/// <summary>A function whose entry can lead to a trampoline.</summary>
/// <param name="Function">The original code.</param>
/// <param name="Slot">The slot of the trampoline that is on when settled, or -1: the entry is as it was.</param>
/// <param name="Bank">The bank used last.</param>
public sealed record RedirectState(string Name, AddressRange Function, RedirectPlan Plan, int Slot, int Bank);

public enum HookKind : byte
{
    /// <summary>A quiescence point.</summary>
    Point = 0,

    /// <summary>The start routine of threads: a thread is born in the newest generation.</summary>
    ThreadStart = 1,

    /// <summary>The error path of a system call that ends with EINTR when a thread is stopped.</summary>
    CallGuard = 2,

    /// <summary>The C library's clone: a thread that is created gets the number of its creator.</summary>
    Clone = 3,

    /// <summary>The same for clone3.</summary>
    Clone3 = 4,
}

/// <param name="IsArmed">Whether passers-by migrate.</param>
/// <param name="Set">The set used last.</param>
public sealed record HookState(string Name, HookKind Kind, AddressRange Function, RedirectPlan Plan, bool IsArmed, int Set)
{
    /// <summary>Whether it stores the transition's number; the trampolines of others never change.</summary>
    public bool StoresNumber => Kind is HookKind.Point or HookKind.ThreadStart;

    /// <summary>Whether it gives a new thread its creator's number.</summary>
    public bool IsInheritance => Kind is HookKind.Clone or HookKind.Clone3;
}

/// <param name="Generation">The generation that brought it.</param>
public sealed record AppliedPatch(uint Generation, int Image)
{
    /// <summary>How it was brought in, and is taken back.</summary>
    public Consistency Consistency { get; init; }
}

public enum TransitionKind : byte
{
    Apply = 0,
    Revert = 1,
}

public enum TransitionPhase : byte
{
    /// <summary>Trampolines and new code are being written; nothing leads to them.</summary>
    Preparing = 0,

    /// <summary>Functions are being redirected; no thread is in the new generation.</summary>
    Arming = 1,

    /// <summary>Threads migrate.</summary>
    Migrating = 2,

    /// <summary>All threads have migrated; dispatchers become jumps.</summary>
    Settling = 3,

    /// <summary>It is taken back before a thread migrated.</summary>
    Cancelling = 4,

    /// <summary>Between arming and migrating: a thread runs the callbacks that come first. No thread is in the new generation.</summary>
    CallingFirst = 5,

    /// <summary>Between migrating and settling: all threads have migrated, and one of them runs the callbacks that come last.</summary>
    CallingLast = 6,
}

/// <summary>A transition that is open.</summary>
/// <param name="Generation">Where the threads go to.</param>
/// <param name="Image">The image that is applied or reverted.</param>
/// <param name="ReversedTo">Not 0: the transition was reversed while threads were in two generations; all go to this one, which
/// has the same code as the one before.</param>
/// <param name="Policy">The quiescence policy, for status.</param>
public sealed record TransitionState(
    TransitionKind Kind, TransitionPhase Phase, uint Generation, uint ReversedTo, int Image, string Policy)
{
    /// <summary><see cref="View"/> as long as none was made.</summary>
    public const int NoView = -1;

    /// <summary>The kernel's number of the view that the transition leads to (0: generation 0); of a reversed one, that it leads away from.</summary>
    public int View { get; init; } = NoView;

    /// <summary>Not 0: the transition is open for so many canaries (or for so many that were named), and for threads that they create;
    /// all others stay where they are.</summary>
    public int Canaries { get; init; }

    /// <summary>Global: threads' words do not matter, one word decides for all (Redirects.Trampolines.GlobalWord). Then there are no canaries and no
    /// reversal: before that word is written the transition can be cancelled, afterwards it can only be settled.</summary>
    public Consistency Consistency { get; init; }

    public bool IsGlobal => Consistency == Consistency.Global;

    /// <summary>The patch's images in other programs and libraries, which go over with <see cref="Image"/> at once for each thread.</summary>
    public ImmutableArray<int> Others { get; init; } = [];

    public ImmutableArray<int> Images => [Image, .. Others];

    /// <summary>An apply after which its patch alone is in force. What goes is what is applied (<see cref="Replaced"/>). A revert: <see cref="IsRemnant"/>.</summary>
    public bool Replaces { get; init; }

    /// <summary>What is left of an apply that replaces others when its own patch was unloaded: their revert (<see cref="LostObjects"/>). Nobody asked for that one, so
    /// that none of their callbacks is called.</summary>
    public bool IsRemnant => Replaces && Kind == TransitionKind.Revert;

    /// <summary>The images that it takes out of force, each once: all others that are applied, but for parts of its own patch that stay as they are.</summary>
    public ImmutableArray<int> Replaced(TargetState state) => Replaces && Kind == TransitionKind.Apply
        ? [.. state.Applied.Select(a => a.Image).Distinct().Where(i => !Images.Contains(i) && !IsOwnPart(state, i))]
        : [];

    /// <summary>All images whose functions change their version, or may.</summary>
    public ImmutableArray<int> Affected(TargetState state) => [.. Images, .. Replaced(state)];

    /// <summary>What is in force when it is over.</summary>
    public ImmutableArray<AppliedPatch> After(TargetState state) => Kind == TransitionKind.Apply
        ? [
            .. state.Applied.Where(a => !Replaces || (!Images.Contains(a.Image) && IsOwnPart(state, a.Image))),
            .. Images.Select(i => new AppliedPatch(Generation, i) { Consistency = Consistency }),
        ]
        : Images.Aggregate(state.Applied, RemoveLast);

    /// <summary>The one whose callbacks are called: only one of a patch's images may have some.</summary>
    public int CallingImage(TargetState state) => Images.FirstOrDefault(i => !state.Images[i].Callbacks.IsEmpty, Image);

    /// <summary>The number by which callbacks are asked for in the image's block, in a phase that calls.</summary>
    public uint Call { get; init; }

    /// <summary>Whether it leads away from the patch.</summary>
    public bool IsBack => Kind == TransitionKind.Revert || ReversedTo != 0;

    /// <summary>The generation that makes a thread count as migrated.</summary>
    public uint Destination => ReversedTo != 0 ? ReversedTo : Generation;

    /// <summary>The view in which a thread counts as migrated.</summary>
    public int DestinationView(TargetState state) => ReversedTo != 0 ? state.View : View;

    private bool IsOwnPart(TargetState state, int image) => state.Images[image].PatchId is { Length: > 0 } id && id == state.Images[Image].PatchId;

    // A patch that later ones replaced whole may be in force a second time.
    private static ImmutableArray<AppliedPatch> RemoveLast(ImmutableArray<AppliedPatch> applied, int image) =>
        applied.Reverse().FirstOrDefault(a => a.Image == image) is { } last ? applied.Remove(last) : applied;
}
