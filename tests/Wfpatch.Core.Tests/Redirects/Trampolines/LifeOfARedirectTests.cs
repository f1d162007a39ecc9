// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects.Trampolines;

/// <summary>
/// A redirect from its first patch to the last revert, with the entry that the planner made, executed: after every single
/// write threads of the new generation and all others are where they shall be, and what threads can meet is one store.
/// </summary>
public sealed class LifeOfARedirectTests
{
    private readonly TargetState _empty;
    private RedirectPlan? _evicted;

    public LifeOfARedirectTests()
    {
        var images = Enumerable.Range(1, 2).Select(v => new ImageState(
            $"id{v}", $"patch{v}", "", AddressRange.OfLength(RunningFunction.Version(v), 16), default,
            [new ReplacedFunction("f", RunningFunction.Entry, default, AddressRange.OfLength(RunningFunction.Version(v), 16))], []));
        _empty = TargetState.Empty with { Images = [.. images] };
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("48 8d 40 01", "one-byte", "")]
    // lea rax, [rax+imm32] with the places of one byte taken: several bytes of the entry are written at once.
    [InlineData("48 8d 80 01 00 00 00", "first-instruction", "100018000-100019000")]
    // nop; lea rax, [rax+1] with the place of one byte taken: the second instruction is evicted.
    [InlineData("90 48 8d 40 01", "successor", "101408000-10140a000")]
    // Four nops of two bytes, which lend their bytes to no jump that leads to the hole; lea rax, [rax+imm32]: it is evicted, and the entry is a short jump into it.
    [InlineData("66 90 66 90 66 90 66 90 48 8d 80 01 00 00 00", "neighbour", "10000-100000000,100006000-110000000,120001000-200000000")]
    // lea rax, [rax+1]; nop with all places taken but one hole: both are displaced.
    [InlineData("48 8d 40 01 90", "stop", "10000-100000000,100006000-103000000,103100000-120000000,120001000-200000000")]
    public async Task EveryWriteIsSafe(string first, string tactic, string taken)
    {
        await using var function = await RunningFunction.StartAsync(first, Cancel);
        var plan = Plan(function, taken);
        Assert.Equal(tactic, plan.Tactic);
        await function.MapAsync(plan.TrampolineRange);
        await function.PutAsync(DispatchTrampoline.Initial(plan));
        _evicted = plan.Evicted;
        if (_evicted is not null)
        {
            await function.MapAsync(_evicted.TrampolineRange);
            await function.PutAsync(PassTrampoline.Initial(_evicted));
        }
        var state = _empty with { Redirects = [new RedirectState("f", AddressRange.OfLength(plan.Entry, 16), plan, Slot: -1, Bank: 1)] };

        // Two patches, the second taken back, the first applied and taken back; a cancelled and a reversed one between.
        state = await RunAsync(function, state, TransitionKind.Apply, 0, before: 0, after: 1);
        state = await CancelAsync(function, state, 1, before: 1);
        state = await RunAsync(function, state, TransitionKind.Apply, 1, before: 1, after: 2);
        state = await RunAsync(function, state, TransitionKind.Revert, 1, before: 2, after: 1);
        state = await ReverseAsync(function, state, 1, before: 1, after: 2);
        state = await RunAsync(function, state, TransitionKind.Revert, 0, before: 1, after: 0);
        state = await CancelAsync(function, state, 1, before: 0);
        state = await RunAsync(function, state, TransitionKind.Apply, 1, before: 0, after: 2);
        state = await RunAsync(function, state, TransitionKind.Revert, 1, before: 2, after: 0);
        Assert.Empty(state.Applied);
        Assert.Equal(8U, state.Generation);
    }

    private static RedirectPlan Plan(RunningFunction function, string taken)
    {
        var ranges = taken.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(r => r.Split('-').Select(e => new Address(Convert.ToUInt64(e, 16))).ToArray());
        var space = new AddressSpaceMap(
            ranges.Select(r => new AddressRange(r[0], r[1])).Append(AddressRange.OfLength(RunningFunction.Entry, 0x6000)).Append(AddressRange.OfLength(RunningFunction.Version(0).PageStart, 0x1000)), [], []);
        var (plan, refusal) = RedirectPlanner.Plan("f", AddressRange.OfLength(RunningFunction.Entry, function.FirstLength + 1), function.Code, space, DispatchTrampoline.Length,
            AddressRange.OfLength(RunningFunction.Version(0), 0x1000), RedirectMeans.All, (_, _) => null);
        Assert.Null(refusal);
        return plan!;
    }

    private async Task<TargetState> RunAsync(RunningFunction function, TargetState state, TransitionKind kind, int image, int before, int after)
    {
        var open = Transitions.Open(state, kind, image, "stack");
        uint generation = open.Transition!.Generation;
        await WriteAsync(function, new TransitionWrites(open).Prepare(), areMet: false, (0, before), (generation, before));
        await ArmAsync(function, open, before, after);
        var settling = Transitions.Advance(open, TransitionPhase.Settling);
        await WriteAsync(function, new TransitionWrites(settling).Settle(), areMet: true, (generation, after));
        await WriteAsync(function, new TransitionWrites(settling).Settle(), areMet: true, (generation, after), (0, after));
        return new TransitionWrites(settling).Settled();
    }

    private async Task<TargetState> CancelAsync(RunningFunction function, TargetState state, int image, int before)
    {
        var open = Transitions.Open(state, TransitionKind.Apply, image, "stack");
        await WriteAsync(function, new TransitionWrites(open).Prepare(), areMet: false, (0, before));
        await EvictAsync(function, open, (0, before));
        await WriteAsync(function, new TransitionWrites(open).Arm().Take(2), areMet: true, (0, before));
        var cancelling = Transitions.Advance(open, TransitionPhase.Cancelling);
        await WriteAsync(function, new TransitionWrites(cancelling).Settle(), areMet: true, (0, before));
        await WriteAsync(function, new TransitionWrites(cancelling).Settle(), areMet: true, (0, before), (open.Transition!.Generation, before));
        return new TransitionWrites(cancelling).Settled();
    }

    private async Task<TargetState> ReverseAsync(RunningFunction function, TargetState state, int image, int before, int after)
    {
        var open = Transitions.Open(state, TransitionKind.Apply, image, "stack");
        await WriteAsync(function, new TransitionWrites(open).Prepare(), areMet: false, (0, before));
        await ArmAsync(function, open, before, after);
        var reversed = Transitions.Reverse(Transitions.Advance(open, TransitionPhase.Migrating));
        uint destination = reversed.Transition!.Destination;
        Assert.Equal(open.Transition!.Generation + 1, destination);
        var settling = Transitions.Advance(reversed, TransitionPhase.Settling);
        await WriteAsync(function, new TransitionWrites(settling).Settle(), areMet: true, (0, before), (destination, before));
        return new TransitionWrites(settling).Settled();
    }

    private async Task ArmAsync(RunningFunction function, TargetState open, int before, int after)
    {
        uint generation = open.Transition!.Generation;
        await EvictAsync(function, open, (0, before), (generation, before));
        await WriteAsync(function, new TransitionWrites(open).Arm(), areMet: true, (0, before), (generation - 1, before));
        // Again, as a new controller would that does not know how far the last one came.
        await WriteAsync(function, new TransitionWrites(open).Arm(), areMet: true, (0, before), (generation, after));
    }

    private async Task EvictAsync(RunningFunction function, TargetState open, params (uint Word, int Version)[] expected)
    {
        await WriteAsync(function, new TransitionWrites(open).Evict().SelectMany(round => round), areMet: true, expected);
        await WriteAsync(function, new TransitionWrites(open).Displace(), areMet: false, expected);
    }

    /// <summary>Writes one after another; after each one calls with some words, and compares the version.</summary>
    private async Task WriteAsync(RunningFunction function, IEnumerable<CodeWrite> writes, bool areMet, params (uint Word, int Version)[] expected)
    {
        foreach (var write in writes.ToList())
        {
            bool isOneStore = write.Bytes.Length == 1 || write.Address.Value / 8 == (write.Address.Value + (ulong)write.Bytes.Length - 1) / 8;
            Assert.True(isOneStore || !areMet, $"{write.Bytes.Length} bytes at {write.Address}");
            await function.PutAsync(write);
            foreach (var (word, version) in expected)
            {
                Assert.Equal(version, await function.CallAsync(RunningFunction.Entry, word));
                // A thread that stands behind the entry is in the old version and stays there.
                Assert.Equal(0, _evicted is null ? 0 : await function.CallAsync(_evicted.Entry, word));
            }
        }
    }
}
