// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Audits;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.X86;
using Wfpatch.Testing.Simulation;
using Xunit;

namespace Wfpatch.Core.Tests.Audits;

/// <summary>What must be in a target by its state: in each phase nothing differs, and each byte that can be told is told.
/// (That nothing differs after any store, and under controllers that are killed, is checked by ScheduleTests.)</summary>
public sealed class TargetExpectationsTests(ITestOutputHelper output)
{
    private readonly SimulatedProgram _program = new(7, [[0, 1, 2, 3, 4, 5, 6], [0, 2, 4]]);

    [Theory]
    [InlineData("prepared")]
    [InlineData("armed")]
    [InlineData("open")]
    [InlineData("reversed")]
    [InlineData("settling")]
    [InlineData("settled")]
    [InlineData("cancelled")]
    [InlineData("second")]
    [InlineData("reverted")]
    public void EachByteThatCanBeToldIsCompared(string until)
    {
        var state = Bring(until);
        var expected = TargetExpectations.Of(state, []);
        Assert.Empty(Differences(expected));
        var bytes = expected.OfType<ExpectedBytes>().SelectMany(e => e.Allowed.Select((a, i) => (Expectation: e, At: e.Address + i, Allowed: a))).ToList();
        var certain = bytes.Where(b => !b.Allowed.IsEmpty && !b.Allowed.Contains(Other(_program.Memory[b.At]))).ToList();
        foreach (var (expectation, at, _) in certain)
        {
            var found = ExpectOne(expected, at);
            Assert.Contains(found, d => (d.Kind, d.What, d.Address) == (expectation.Kind, expectation.What, at));
        }
        foreach (var image in state.Images)
        {
            foreach (var at in (ImmutableArray<Address>)[image.Range.Start, image.Functions[0].New.Start + 5, image.Range.End - 1])
            {
                Assert.Equal(("WF622", $"new code of {image.PatchName}", image.Range.Start), Assert.Single(ExpectOne(expected, at).Select(d => (d.Kind.Code, d.What, d.Address))));
            }
        }
        output.WriteLine($"{until}: {certain.Count} of {bytes.Count} bytes are compared");
        Assert.True(certain.Count > bytes.Count * 0.6, $"{certain.Count} of {bytes.Count}");
    }

    [Fact]
    public void AnOpenHookThatTheStateCallsClosedIsADifference()
    {
        var state = Bring("settled");
        var hook = state.Hooks[0];
        _program.Memory.Write(hook.Plan.Write.Address, hook.Plan.Write.New.Span);
        var difference = Assert.Single(Differences(TargetExpectations.Of(state, [])));
        Assert.Equal(("WF620", $"entry of {TargetExpectations.Describe(hook)}"), (difference.Kind.Code, difference.What));
        Assert.Equal($"The {difference.What} was changed by someone else at {difference.Address}: expected {difference.Expected}, found {difference.Found}.", difference.ToRefusal().Sentence);
        Assert.Equal(Convert.ToHexStringLower(hook.Plan.Write.Trimmed().Old.Span), difference.Expected.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(Convert.ToHexStringLower(hook.Plan.Write.Trimmed().New.Span), difference.Found.Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact]
    public void ASwitchedSlotIsADifferenceAndWhatIsLeftOverInAnUnusedOneIsNot()
    {
        var state = Bring("second");
        var redirect = state.Redirects[state.FindRedirect(_program.Functions[0].Entry)];
        var expected = TargetExpectations.Of(state, []);
        var off = DispatchTrampoline.SwitchSlot(redirect.Plan.Trampoline, 1 - redirect.Slot, on: true);
        var found = Assert.Single(ExpectOne(expected, off.Address));
        Assert.Equal((off.Address, "a9"), (found.Address, found.Expected));
        var leftOver = DispatchTrampoline.WriteSlot(redirect.Plan.Trampoline, 1 - redirect.Slot, redirect.Plan.Trampoline);
        _program.Memory.Write(leftOver.Address, leftOver.Bytes);
        Assert.Empty(Differences(expected));
    }

    [Fact]
    public void WhatIsNotMappedAnyMoreIsADifference()
    {
        var state = Bring("settled");
        var away = new WithoutPage(_program.Memory, state.Redirects[0].Plan.Trampoline.PageStart);
        var found = TargetExpectations.Of(state, []).Select(e => e.Compare(away)).OfType<Difference>().ToList();
        Assert.Contains(found, d => d.What == $"trampoline of {state.Redirects[0].Name}" && d.Found == "nothing that can be read");
    }

    /// <summary>The bytes of a guard name its call, which the state does not: where it is known they are compared, too.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AGuardIsComparedAsFarAsItsCallIsKnown(bool isKnown)
    {
        var space = new AddressSpaceMap([AddressRange.OfLength(_program.Functions[0].Entry, 0x9000), SimulatedProgram.Region], [], []);
        var plan = _program.PlanRedirect(_program.Start, space, CallGuardTrampoline.Length, hook: true);
        var site = new SyscallSite(plan.Entry - 20, 232, plan.Entry);
        var code = CallGuardTrampoline.Initial(plan, site);
        _program.Memory.Map(plan.TrampolineRange);
        _program.Memory.Write(code.Address, code.Bytes);
        var state = TargetState.Empty with { Hooks = [new HookState("system call 232", HookKind.CallGuard, _program.Start.Range, plan, IsArmed: false, Set: 0)] };
        var expected = TargetExpectations.Of(state, isKnown ? [site] : []);
        Assert.Empty(Differences(expected));
        int compared = Enumerable.Range(0, code.Bytes.Length).Count(i => ExpectOne(expected, code.Address + i).Count == 1);
        Assert.InRange(compared, isKnown ? code.Bytes.Length : 5, isKnown ? code.Bytes.Length : 20);
    }

    /// <summary>Runs the verbs of a controller up to a point.</summary>
    private TargetState Bring(string until)
    {
        var backend = new SimulatedBackend(_program, new Random(1), SimulatedMistake.None, (_, _) => { });
        foreach (var (name, verb) in Verbs(backend, until))
        {
            foreach (var _ in verb())
            {
            }
            if (name == until)
            {
                return backend.State;
            }
        }
        throw new ArgumentException($"nothing leads to {until}", nameof(until));
    }

    private static IEnumerable<(string Name, Func<IEnumerable<CodeWrite>> Verb)> Verbs(SimulatedBackend b, string until)
    {
        yield return ("prepared", () => b.Prepare(TransitionKind.Apply, 0, points: true));
        if (until == "cancelled")
        {
            yield return ("", () => b.Arm().Take(5));
            yield return (until, b.Cancel);
        }
        yield return ("armed", b.Arm);
        yield return ("open", () => b.RewriteHooks().Concat(b.OpenHooks()));
        if (until == "reversed")
        {
            yield return (until, b.Reverse);
        }
        if (until == "settling")
        {
            yield return (until, () => b.Settle().TakeWhile(_ => b.State.Transition!.Phase != TransitionPhase.Settling).Concat(b.Settle().Take(4)));
        }
        yield return ("settled", b.Settle);
        if (until == "reverted")
        {
            yield return ("", () => b.Prepare(TransitionKind.Revert, 0, points: false));
        }
        yield return ("", () => until == "reverted" ? [] : b.Prepare(TransitionKind.Apply, 1, points: true));
        yield return ("", b.Arm);
        yield return ("", () => b.RewriteHooks().Concat(b.OpenHooks()));
        yield return (until == "reverted" ? until : "second", b.Settle);
    }

    private List<Difference> Differences(IEnumerable<Expectation> expected) => [.. expected.Select(e => e.Compare(_program.Memory)).OfType<Difference>()];

    /// <summary>The differences while one byte is another one.</summary>
    private List<Difference> ExpectOne(IEnumerable<Expectation> expected, Address at)
    {
        byte before = _program.Memory[at];
        _program.Memory[at] = Other(before);
        var found = Differences(expected);
        _program.Memory[at] = before;
        return found;
    }

    private static byte Other(byte value) => (byte)(value ^ 0x40);

    private sealed class WithoutPage(IMemory below, Address page) : IMemory
    {
        public bool TryRead(Address address, Span<byte> destination) =>
            !AddressRange.OfLength(address, destination.Length).Overlaps(AddressRange.OfLength(page, (long)Address.PageSize)) && below.TryRead(address, destination);
    }
}
