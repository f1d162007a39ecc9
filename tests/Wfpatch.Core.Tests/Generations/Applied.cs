// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;

namespace Wfpatch.Core.Tests.Generations;

/// <summary>States of a target with functions "a", "b", "c", ... and patches "0", "1", ... of one image each, for tests of what they mean.</summary>
internal static class Applied
{
    private static readonly Address Code = new(0x40_1000), Trampolines = new(0x41_0000), NewCode = new(0x42_0000);

    /// <param name="patches">For each patch the functions that it replaces.</param>
    public static TargetState Start(params ImmutableArray<string> patches) => TargetState.Empty with
    {
        Images = [.. patches.Select((functions, patch) => Image(patch, functions))],
        Redirects = [.. patches.SelectMany(p => p).Distinct().Order().Select(Redirect)],
    };

    /// <summary>With a patch applied on top of the others.</summary>
    public static TargetState Apply(this TargetState state, int patch, bool replaces = false) => state.OpenApply(patch, replaces).Settle();

    public static TargetState OpenApply(this TargetState state, int patch, bool replaces = false) =>
        Transitions.Advance(Transitions.Open(state, TransitionKind.Apply, patch, "stack", replaces: replaces), TransitionPhase.Migrating);

    public static TargetState Revert(this TargetState state, int patch) => Transitions.Open(state, TransitionKind.Revert, patch, "stack").Settle();

    public static TargetState Settle(this TargetState open) => new TransitionWrites(Transitions.Advance(open, TransitionPhase.Settling)).Settled();

    /// <summary>For each function, in the order of their names, the patch whose version is in force, or "-"; for "a" replaced by patch 1: "1".</summary>
    public static string Versions(this TargetState state) =>
        string.Concat(state.Redirects.OrderBy(r => r.Name, StringComparer.Ordinal).Select(r => state.VersionOf(r.Plan.Entry, state.Applied)?.PatchName ?? "-"));

    public static Address EntryOf(char function) => Code + ((function - 'a') * 0x100);

    public static string IdOf(int patch) => $"{patch:x16}";

    private static RedirectState Redirect(char function)
    {
        var entry = EntryOf(function);
        var plan = new RedirectPlan(
            entry, "one-byte", new byte[] { 0x31, 0xc0 }, new EntryWrite(entry, new byte[] { 0x31 }, new byte[] { 0xe9 }), entry, Trampolines + ((function - 'a') * 0x100), DispatchTrampoline.Length);
        return new RedirectState($"{function}", AddressRange.OfLength(entry, 16), plan, Slot: -1, Bank: 1);
    }

    private static ImageState Image(int patch, string functions)
    {
        var range = AddressRange.OfLength(NewCode + (patch * 0x1000), 0x1000);
        return new ImageState(
            IdOf(patch), $"{patch}", "", range, default,
            [.. functions.Select(f => new ReplacedFunction($"{f}", EntryOf(f), AddressRange.OfLength(EntryOf(f), 16), AddressRange.OfLength(range.Start + ((f - 'a') * 0x40), 0x40)))], []);
    }
}
