// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Xunit;

namespace Wfpatch.Core.Tests.Generations;

/// <summary>A patch that takes all others out of force: what each function is before, meanwhile and after.</summary>
public sealed class ReplacingTests
{
    // Patch 0 has a and b, patch 1 b and c, patch 2 c and d; f is what nobody but patch 3 has.
    private static TargetState Patched => Applied.Start("ab", "bc", "cd", "f").Apply(0).Apply(1);

    [Fact]
    public void What_it_does_not_replace_is_the_original_again()
    {
        Assert.Equal("011--", Patched.Versions());
        var state = Patched.Apply(2, replaces: true);
        Assert.Equal("--22-", state.Versions());
        Assert.Equal([2], state.Applied.Select(a => a.Image));
        Assert.Equal([-1, -1, 0, 0, -1], state.Redirects.Select(r => Math.Min(r.Slot, 0)));
        Assert.Equal("-----", state.Revert(2).Versions());
    }

    [Fact]
    public void All_functions_of_all_versions_hold_a_thread()
    {
        var old = new TransitionWrites(Patched.OpenApply(2, replaces: true)).OldCode();
        Assert.Equal(["a", "b", "c", "d"], old.Select(o => o.Name).Where(n => n is [>= 'a']).Distinct().Order(StringComparer.Ordinal));
        Assert.All(Patched.Images.Take(2).SelectMany(i => i.Functions), f => Assert.Contains(old, o => o.Range == f.New));
        // The way of a patch that replaces nothing: its own functions alone.
        Assert.DoesNotContain(new TransitionWrites(Patched.OpenApply(2)).OldCode(), o => o.Name == "a");
    }

    [Fact]
    public void Reversed_or_cancelled_all_is_as_before()
    {
        var before = Patched;
        var open = before.OpenApply(2, replaces: true);
        Assert.Equal("011--", Transitions.Reverse(open).Settle().Versions());
        var cancelled = new TransitionWrites(Transitions.Advance(open, TransitionPhase.Cancelling)).Settled();
        Assert.Equal<RedirectState>(before.Redirects, cancelled.Redirects);
        Assert.Equal("011--", cancelled.Versions());
    }

    /// <summary>Over itself, and below another one.</summary>
    [Fact]
    public void One_that_is_applied_already_is_in_force_once()
    {
        var state = Patched.Apply(0, replaces: true);
        Assert.Equal("00---", state.Versions());
        Assert.Equal([0], state.Applied.Select(a => a.Image));
        Assert.True(state.IsAlone(Applied.IdOf(0)) && !Patched.IsAlone(Applied.IdOf(0)));
    }

    [Fact]
    public void What_waits_for_a_library_waits_no_more_when_it_is_in_force()
    {
        var waiting = Patched with { Waiting = [new WaitingPatch("w", "w", "lib.so")] };
        Assert.Single(Transitions.Reverse(waiting.OpenApply(2, replaces: true)).Settle().Waiting);
        Assert.Single(waiting.Apply(2).Waiting);
        Assert.Empty(waiting.Apply(2, replaces: true).Waiting);
    }

    /// <summary>The library with c and d is gone: what is left is to take back what the others have.</summary>
    [Fact]
    public void Where_the_new_one_is_unloaded_the_others_are_taken_back()
    {
        var state = Applied.Start("ab", "b", "cd").Apply(0).Apply(1).Apply(0, replaces: true).Apply(1).OpenApply(2, replaces: true);
        var left = LostObjects.Without(state, [new ObjectState("lib.so", new AddressRange(Applied.EntryOf('c'), Applied.EntryOf('e')), "")]);
        Assert.True(StateRules.IsConsistent(left));
        Assert.Equal((TransitionKind.Revert, state.Transition!.Generation), (left.Transition!.Kind, left.Transition.Generation));
        Assert.Equal("01", left.Versions());
        Assert.Equal("--", left.Settle().Versions());
        Assert.Equal(["2"], left.Waiting.Select(w => w.PatchName));
        Assert.Equal(Writes(state).Where(w => w.Address < Applied.EntryOf('c')), Writes(left));

        static IEnumerable<(Address Address, byte Byte)> Writes(TargetState state) =>
            new TransitionWrites(state).Arm().Where(w => w.Bytes.Length == 1 && w.Address < Applied.EntryOf('z')).Select(w => (w.Address, w.Bytes[0]));
    }

    /// <summary>Nobody asked for that revert: what the patches that are taken back would call at one is not called, in no phase and also when it is turned round.</summary>
    [Fact]
    public void Where_the_new_one_is_unloaded_nothing_of_the_others_is_called()
    {
        var start = Applied.Start("ab", "cd");
        ImmutableArray<ImageCallback> all = [.. Enum.GetValues<CallbackKind>().Select(k => new ImageCallback(k, Applied.EntryOf('a')))];
        var open = (start with { Images = [start.Images[0] with { Callbacks = all }, start.Images[1]] }).Apply(0).OpenApply(1, replaces: true);
        ObjectState[] lost = [new("lib.so", new AddressRange(Applied.EntryOf('c'), Applied.EntryOf('e')), "")];
        Assert.Equal(all.Single(c => c.Kind == CallbackKind.PostRevert).Function, Assert.Single(Transitions.CallsOf(Transitions.Open(open with { Transition = null }, TransitionKind.Revert, 0, "points"), TransitionPhase.CallingLast)));
        foreach (var state in new[] { open, Transitions.Reverse(open) })
        {
            var left = LostObjects.Without(state, lost);
            Assert.Equal(0, left.Transition!.Image);
            Assert.Empty(Transitions.CallsOf(left, TransitionPhase.CallingFirst));
            Assert.Empty(Transitions.CallsOf(left, TransitionPhase.CallingLast));
        }
    }

    /// <summary>In force twice, and it stays so.</summary>
    [Fact]
    public void Turned_round_the_others_stay_as_they_were()
    {
        var state = Transitions.Reverse(Applied.Start("ab", "b", "cd").Apply(0).Apply(1).Apply(0).OpenApply(2, replaces: true));
        var left = LostObjects.Without(state, [new ObjectState("lib.so", new AddressRange(Applied.EntryOf('c'), Applied.EntryOf('e')), "")]);
        Assert.Equal(state.Applied, left.Applied);
    }

    /// <summary>The library of a replaced one is gone: the new one goes on, and the old one is not wanted any more.</summary>
    [Fact]
    public void Where_a_replaced_one_is_unloaded_the_new_one_goes_on()
    {
        var open = Patched.OpenApply(2, replaces: true);
        ObjectState[] lost = [new("lib.so", new AddressRange(Applied.EntryOf('a'), Applied.EntryOf('b')), "")];
        var left = LostObjects.Without(open, lost);
        Assert.Empty(left.Waiting);
        Assert.Equal("-22-", left.Settle().Versions());
        // Turned round, it is wanted.
        Assert.Equal(["0"], LostObjects.Without(Transitions.Reverse(open), lost).Waiting.Select(w => w.PatchName));
    }
}
