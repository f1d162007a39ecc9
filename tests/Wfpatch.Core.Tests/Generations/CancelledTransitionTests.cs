// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Xunit;

namespace Wfpatch.Core.Tests.Generations;

/// <summary>
/// Threads may be halted in a bank of a cancelled transition. Whatever transition of that function comes next, it writes the
/// same bytes there, but for the target of the `je`, which a thread without the number does not take.
/// </summary>
public sealed class CancelledTransitionTests
{
    private const int BranchTarget = 14, BranchTargetEnd = 18;

    private static readonly Address Entry = new(0x40_1000), Trampoline = new(0x41_0000), NewCode = new(0x42_0000);

    private static readonly RedirectPlan Plan = new(
        Entry, "one-byte", new byte[] { 0x31, 0xc0 }, new EntryWrite(Entry, new byte[] { 0x31 }, new byte[] { 0xe9 }), Entry, Trampoline, DispatchTrampoline.Length);

    [Theory]
    [InlineData(false, TransitionKind.Apply, 0)]
    [InlineData(false, TransitionKind.Apply, 1)]
    [InlineData(true, TransitionKind.Apply, 1)]
    [InlineData(true, TransitionKind.Apply, 2)]
    [InlineData(true, TransitionKind.Revert, 0)]
    public void TheNextOneChangesOnlyABranchThatIsNotTaken(bool isPatched, TransitionKind next, int image)
    {
        var start = isPatched ? Finish(Start(), TransitionKind.Apply, 0) : Start();
        var first = Transitions.Open(start, TransitionKind.Apply, 1, "stack");
        var cancelled = Cancel(first);
        var second = Transitions.Open(Cancel(Transitions.Open(cancelled, TransitionKind.Apply, 2, "stack")), next, image, "stack");

        Assert.Equal<RedirectState>(start.Redirects, cancelled.Redirects);
        Assert.Equal(start.LastGeneration, cancelled.LastGeneration);
        Assert.Equal(first.Transition!.Generation, second.Transition!.Generation);
        var (before, after) = (Bank(first), Bank(second));
        Assert.Equal(before.Address, after.Address);
        Assert.Equal(before.Bytes[..BranchTarget], after.Bytes[..BranchTarget]);
        Assert.Equal(before.Bytes[BranchTargetEnd..], after.Bytes[BranchTargetEnd..]);
    }

    /// <summary>The set of the last transition may hold threads still, that of the cancelled one never had any.</summary>
    [Fact]
    public void HooksGetTheSameSetAgain()
    {
        var hook = new HookState("start_thread", HookKind.ThreadStart, default, Plan, IsArmed: true, Set: 1);
        var first = Transitions.Open(Start() with { Hooks = [hook] }, TransitionKind.Apply, 0, "stack");
        Assert.Equal([hook with { IsArmed = false, Set = 0 }], Cancel(first).Hooks);
    }

    private static TargetState Start() => TargetState.Empty with
    {
        Images = [.. Enumerable.Range(0, 3).Select(Image)],
        Redirects = [new RedirectState("f", AddressRange.OfLength(Entry, 16), Plan, Slot: -1, Bank: 1)],
    };

    private static ImageState Image(int number)
    {
        var range = AddressRange.OfLength(NewCode + (number * 0x1000), 0x100);
        return new ImageState($"id{number}", $"patch{number}", "", range, default, [new ReplacedFunction("f", Entry, default, range)], []);
    }

    private static TargetState Finish(TargetState state, TransitionKind kind, int image) =>
        new TransitionWrites(Transitions.Advance(Transitions.Open(state, kind, image, "stack"), TransitionPhase.Settling)).Settled();

    private static TargetState Cancel(TargetState open) => new TransitionWrites(Transitions.Advance(open, TransitionPhase.Cancelling)).Settled();

    private static CodeWrite Bank(TargetState open) => new TransitionWrites(open).Prepare().First();
}
