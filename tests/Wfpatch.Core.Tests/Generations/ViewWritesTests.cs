// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Xunit;

namespace Wfpatch.Core.Tests.Generations;

/// <summary>What a view is made of, and what becomes of a state in which one is.</summary>
public sealed class ViewWritesTests
{
    private static readonly TargetState Start = WithViews(Applied.Start("ab", "bc"));

    [Fact]
    public void AViewHasTheNewestVersionOfEachFunction()
    {
        var both = Settle(Open(Settle(Open(Start, 0), 1), 1, view: 2), 2);
        Assert.Equal("0", VersionAt(Open(Start, 0), 'a'));
        Assert.Equal("0", VersionAt(Open(Start, 0), 'b'));
        Assert.Equal("-", VersionAt(Open(Start, 0), 'c'));
        Assert.Equal(2, both.View);
        // The one on top goes: what is below it, whole, in a view that is made anew.
        var revert = Transitions.Open(both, TransitionKind.Revert, 1, "stack");
        Assert.Equal(["0", "0", "-"], "abc".Select(f => VersionAt(revert, f)));
        Assert.False(new ViewWrites(revert).IsBase);
    }

    [Fact]
    public void TheLastRevertLeadsToGeneration0()
    {
        var revert = Transitions.Open(Settle(Open(Start, 0), 7), TransitionKind.Revert, 0, "stack");
        Assert.True(new ViewWrites(revert).IsBase);
        Assert.Empty(new ViewWrites(revert).All());
        Assert.Empty(new ViewWrites(revert).Pages);
        Assert.Equal(0, Settle(revert, 0).View);
    }

    /// <summary>Pages that are neighbours are one range; what is not written is not pinned.</summary>
    [Fact]
    public void WholePagesArePinned()
    {
        var pages = new ViewWrites(Open(Start, 0)).Pages;
        Assert.Equal([new AddressRange(Applied.EntryOf('a').PageStart, Applied.EntryOf('a').PageStart + (long)Address.PageSize)], pages);
        var atTheEnd = Start with { Entries = [.. Start.Entries.Select(e => Move(e, e.Name == "a" ? 0xffe : 0x1000))], Images = [.. Start.Images.Select(MoveAll)] };
        Assert.Equal(2 * Address.PageSize, Assert.Single(new ViewWrites(Open(atTheEnd, 0)).Pages).Length);

        static EntryState Move(EntryState e, long by) => e with { Function = new AddressRange(e.Function.Start + by, e.Function.End + by) };
        static ImageState MoveAll(ImageState i) => i with { Functions = [.. i.Functions.Select(f => f with { Entry = f.Entry + (f.Name == "a" ? 0xffe : 0x1000) })] };
    }

    /// <summary>A guard that is open while the view is made would stay in its copy of the page for ever.</summary>
    [Fact]
    public void GuardsAreTakenOutOfTheView()
    {
        HookState Guard(Address at) => new("guard", HookKind.CallGuard, AddressRange.OfLength(at, 16),
            new RedirectPlan(at, "one-byte", new byte[] { 0x31 }, new EntryWrite(at, new byte[] { 0x31 }, new byte[] { 0xe9 }), at, new Address(0x43_0000), 16), IsArmed: true, Set: 0);
        var near = Applied.EntryOf('a') + 0x80;
        var far = near + 0x10_0000;
        var all = new ViewWrites(Open(Start with { Hooks = [Guard(near), Guard(far)] }, 0)).All().ToList();
        Assert.Equal((near, 0x31), (all[0].Address, all[0].Bytes[0]));
        Assert.DoesNotContain(all, w => w.Address == far);
    }

    /// <summary>Where to, then by which block, then the entry: who comes by in between passes. Canaries do not use it, and in a global transition nobody does.</summary>
    [Fact]
    public void PointsLeadIntoTheViewAndBack()
    {
        var at = Applied.EntryOf('a') + 0x80;
        var trampoline = new Address(0x43_0003);
        var plan = new RedirectPlan(at, "one-byte", new byte[] { 0x31 }, new EntryWrite(at, new byte[] { 0x31 }, new byte[] { 0xe9 }), at, trampoline, ViewHook.Length);
        HookState Of(HookKind kind, bool isArmed) => new($"{kind}", kind, AddressRange.OfLength(at, 16), plan, isArmed, Set: 0);
        var start = Settle(Open(Start, 0), 3) with { Hooks = [Of(HookKind.Point, isArmed: true), Of(HookKind.Point, isArmed: false), Of(HookKind.CallGuard, isArmed: true)] };
        var open = Transitions.WithView(Open(start, 1), 4);
        foreach (var (state, view) in new[] { (open, 4), (Transitions.Reverse(open), 3) })
        {
            var writes = new TransitionWrites(state).OpenHooks().ToList();
            Assert.Equal([ViewHook.Operand(trampoline).Start, trampoline + 1, at], writes.Select(w => w.Address));
            Assert.Equal((view, 0xe9), (BitConverter.ToInt32(writes[0].Bytes), writes[2].Bytes[0]));
            Assert.Equal(HookTrampoline.Select(trampoline, HookTrampoline.ViewSet).Bytes, writes[1].Bytes);
        }
        Assert.Empty(new TransitionWrites(open with { Transition = open.Transition! with { Canaries = 1 } }).OpenHooks());
        Assert.Empty(new TransitionWrites(open with { Transition = open.Transition! with { Consistency = Core.Patches.Consistency.Global } }).OpenHooks());
    }

    [Fact]
    public void ATransitionThatIsTurnedRoundLeadsToTheViewOfBefore()
    {
        var reversed = Transitions.Reverse(Transitions.WithView(Open(Settle(Open(Start, 0), 3), 1), 4));
        var settled = new TransitionWrites(Transitions.Advance(reversed, TransitionPhase.Settling)).Settled();
        Assert.Equal((3, 3u), (settled.View, settled.Generation));
        Assert.Equal(["0"], settled.Applied.Select(a => settled.Images[a.Image].PatchName));
    }

    [Fact]
    public void ATransitionThatIsCancelledLeavesTheView()
    {
        var open = Transitions.WithView(Open(Settle(Open(Start, 0), 3), 1), 4);
        var cancelled = new TransitionWrites(Transitions.Advance(open, TransitionPhase.Cancelling)).Settled();
        Assert.Equal((3, 1u, 1u), (cancelled.View, cancelled.Generation, cancelled.LastGeneration));
    }

    /// <summary>Each version of a function that changes holds a thread, in new code too; a redirect of dispatch is none of it.</summary>
    [Fact]
    public void AllVersionsHoldThreads()
    {
        var open = Open(Settle(Open(Start, 0), 1), 1, view: 2);
        var held = new TransitionWrites(open).OldCode();
        foreach (var function in open.Images[1].Functions)
        {
            Assert.Contains(held, h => h.Range == open.Entries.Single(e => e.Entry == function.Entry).Function);
            Assert.Contains(held, h => h.Range == function.New);
        }
        Assert.Contains(held, h => h.Range == open.Images[0].Functions.Single(f => f.Name == "b").New);
        Assert.Empty(new TransitionWrites(open).Arm());
    }

    [Fact]
    public void RedirectsOfAnEarlierLifeStayAsTheyAre()
    {
        var before = Applied.Start("ab", "bc").Apply(0).Revert(0);
        var open = Open(WithViews(before), 0);
        Assert.Equal<RedirectState>(before.Redirects, open.Redirects);
        Assert.Equal<RedirectState>(before.Redirects, Settle(open, 1).Redirects);
    }

    private static TargetState WithViews(TargetState state) => state with
    {
        Backend = BackendKind.AddressSpace,
        Entries = [.. state.Redirects.Select(r => new EntryState(r.Name, r.Function, new byte[EntryJump.Length]))],
    };

    private static TargetState Open(TargetState state, int patch, int view = TransitionState.NoView) =>
        Transitions.WithView(Transitions.Advance(Transitions.Open(state, TransitionKind.Apply, patch, "stack"), TransitionPhase.Migrating), view);

    private static TargetState Settle(TargetState open, int view) => Transitions.WithView(open, view).Settle();

    /// <summary>The patch to whose code a function leads, by the bytes of the view.</summary>
    private static string VersionAt(TargetState open, char function)
    {
        var write = new ViewWrites(open).All().SingleOrDefault(w => w.Address == Applied.EntryOf(function));
        if (write.Bytes is null)
        {
            return "-";
        }
        var target = write.Address + 5 + BitConverter.ToInt32(write.Bytes, 1);
        return open.Images.Single(i => i.Functions.Any(f => f.New.Start == target)).PatchName;
    }
}
