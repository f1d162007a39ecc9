// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Xunit;
using static Wfpatch.Core.Tests.Matching.Scenario;

namespace Wfpatch.Core.Tests.Matching;

public sealed class RunPreMatcherTests
{
    private const string Prologue = "55 48 89 e5 53 ";

    [Theory]
    [InlineData("488b05 00000000", 3, "488d05 S00405000")] // mov foo@GOTPCREL(%rip),%rax -> lea foo(%rip),%rax
    [InlineData("4c8b0d 00000000", 3, "4c8d0d S00405000")] // into r9
    [InlineData("488b05 00000000", 3, "48c7c0 00504000")] // -> mov $foo,%rax
    [InlineData("4c8b0d 00000000", 3, "49c7c1 00504000")] // -> mov $foo,%r9
    [InlineData("483b05 00000000", 3, "4881f8 00504000")] // cmp -> cmp $foo,%rax
    [InlineData("480305 00000000", 3, "4881c0 00504000")] // add -> add $foo,%rax
    [InlineData("488505 00000000", 3, "48f7c0 00504000")] // test -> test $foo,%rax
    [InlineData("ff15 00000000", 2, "67e8 S00405000")] // call *foo@GOTPCREL(%rip) -> addr32 call foo
    [InlineData("ff15 00000000", 2, "e8 S00405000 90")] // -> call foo; nop
    [InlineData("ff15 00000000", 2, "90 e8 S00405000")] // -> nop; call foo
    [InlineData("ff25 00000000", 2, "e9 S00405000 90")] // jmp -> jmp foo; nop
    [InlineData("488b05 00000000", 3, "488b05 S00409000")] // not relaxed
    [InlineData("ff15 00000000", 2, "ff15 S00409000")]
    public void ASlotMayHaveBeenRelaxed(string old, uint field, string running)
    {
        var scenario = new Scenario();
        int foo = scenario.Symbol("foo", "unit.c");
        scenario.Old("function", Prologue + old + " 5b 5d c3", At(field + 5, RelocationType.RexGotPcRelX, foo));
        scenario.Running(0x401000, Prologue + running + " 5b 5d c3").Slot(0x409000, 0x405000);
        Assert.Equal(0x405000UL, Solve(scenario, foo));
    }

    [Theory]
    [InlineData("488b05 00000000", 3, "488d1d S00405000")] // another register
    [InlineData("483b05 00000000", 3, "488d05 S00405000")] // a comparison is no lea
    [InlineData("ff15 00000000", 2, "e9 S00405000 90")] // a call is no jump
    [InlineData("488b05 00000000", 3, "488d0425 00504000")] // the address is not in the instruction as it should be
    public void WhatDoesSomethingElseIsNoRelaxation(string old, uint field, string running)
    {
        var scenario = new Scenario();
        int foo = scenario.Symbol("foo", "unit.c");
        scenario.Old("function", Prologue + old + " 5b 5d c3", At(field + 5, RelocationType.RexGotPcRelX, foo));
        scenario.Running(0x401000, Prologue + running + " 5b 5d c3").Slot(0x409000, 0x405000);
        Refused(scenario, "WF301", "0x401000", "function+0x5");
    }

    [Theory]
    [InlineData("64488b0425 00000000", 5, RelocationType.TpOff32, 0, "64488b0425 f0ffffff")] // mov %fs:foo,%rax
    [InlineData("488b05 00000000", 3, RelocationType.GotTpOff, -4, "488b05 S00409000")] // slot
    [InlineData("488b05 00000000", 3, RelocationType.GotTpOff, -4, "48c7c0 f0ffffff")] // mov $foo,%rax
    [InlineData("480305 00000000", 3, RelocationType.GotTpOff, -4, "488d80 f0ffffff")] // add -> lea foo(%rax),%rax
    [InlineData("4c0325 00000000", 3, RelocationType.GotTpOff, -4, "4981c4 f0ffffff")] // add -> add $foo,%r12
    public void ThreadLocalVariablesAreOffsets(string old, uint field, RelocationType type, long addend, string running)
    {
        var scenario = new Scenario();
        int foo = scenario.Symbol("foo", "unit.c", PatchSymbolKind.ThreadLocal);
        scenario.Old("function", Prologue + old + " 5b 5d c3", At(field + 5, type, foo, addend));
        scenario.Running(0x401000, Prologue + running + " 5b 5d c3").Slot(0x409000, unchecked((ulong)-16L));
        Assert.Equal(unchecked((ulong)-16L), Solve(scenario, foo));
    }

    [Theory]
    [InlineData("ff25 S00409000")]
    [InlineData("f2ff25 S00409000")]
    [InlineData("f30f1efa ff25 S00409000")]
    [InlineData("f30f1efa f2ff25 S00409000")]
    public void ALinkageTableEntryIsFollowed(string stub)
    {
        var scenario = new Scenario();
        int foo = scenario.Symbol("foo");
        scenario.Old("function", Prologue + "e8 00000000 5b 5d c3", At(6, RelocationType.Plt32, foo));
        scenario.Running(0x401000, Prologue + "e8 S00402000 5b 5d c3").Code(0x402000, stub + " 66660f1f840000000000").Slot(0x409000, 0x7f0012345678);
        Assert.Equal(0x7f0012345678UL, Solve(scenario, foo));
    }

    [Theory]
    [InlineData("68 01000000 e9 S00402000")]
    [InlineData("68 01000000 f2e9 S00402000")]
    [InlineData("f30f1efa 68 01000000 f2e9 S00402000")]
    public void AnEntryThatIsNotBoundYetSaysNothing(string entry)
    {
        var scenario = new Scenario();
        int foo = scenario.Symbol("foo");
        scenario.Old("function", Prologue + "e8 00000000 5b 5d c3", At(6, RelocationType.Plt32, foo));
        scenario.Running(0x401000, Prologue + "e8 S00402010 5b 5d c3").Code(0x402010, "ff25 S00409000").Code(0x402100, entry + " 90909090").Slot(0x409000, 0x402100);
        var (match, refusals) = scenario.Match();
        Assert.Empty(refusals);
        Assert.DoesNotContain(foo, match!.SymbolValues.Keys);
    }

    [Fact]
    public void AFunctionThatOnlyJumpsThroughASlotIsNoLinkageTableEntry()
    {
        var scenario = new Scenario();
        int foo = scenario.Symbol("foo");
        scenario.Old("function", Prologue + "e8 00000000 5b 5d c3", At(6, RelocationType.Plt32, foo));
        scenario.Running(0x401000, Prologue + "e8 S00402000 5b 5d c3").Running(0x402000, "ff25 S00409000").Slot(0x409000, 0x7f0012345678);
        Assert.Equal(0x402000UL, Solve(scenario, foo));
    }

    [Theory]
    [InlineData("e9 00000000", 1, "eb 19")]
    [InlineData("0f84 00000000", 2, "74 19")]
    [InlineData("0f8f 00000000", 2, "7f 19")]
    public void JumpsMayBeShortInTheRunningCode(string old, uint field, string running)
    {
        // Another length of the jump moves the loop behind it, and the padding before that.
        var scenario = new Scenario();
        int foo = scenario.Symbol("foo", "unit.c");
        int skip = Bytes(old, Address.Zero).Length + 4;
        scenario.Old("function", Prologue + $"85c0 75{skip:x2} {old} 0f1f4000 ffc8 75fc 5b 5d c3", At(9 + field, RelocationType.Plt32, foo));
        scenario.Running(0x401000, Prologue + $"85c0 7503 {running} 90 ffc8 75fc 5b 5d c3");
        Assert.Equal(0x401000UL + 11 + 0x19, Solve(scenario, foo));
    }

    [Fact]
    public void ABranchToAnotherPlaceOfTheFunctionIsADifference()
    {
        var scenario = new Scenario();
        int foo = scenario.Symbol("foo", "unit.c");
        scenario.Old("function", Prologue + "85c0 7505 e9 00000000 ffc8 ffc9 75fc 5b 5d c3", At(10, RelocationType.Plt32, foo));
        scenario.Running(0x401000, Prologue + "85c0 7502 eb19 ffc8 ffc9 75fa 5b 5d c3");
        Refused(scenario, "WF301", "function+0x12");
    }

    [Fact]
    public void JumpsFromAPartIntoAFunctionAreFollowedThroughItsPositions()
    {
        // The function's tail call is shorter than in the old build, so that the place where the cold part returns to has moved.
        var scenario = new Scenario();
        int foo = scenario.Symbol("foo", "unit.c");
        int cold = scenario.Symbol("function.cold", "unit.c", PatchSymbolKind.Function);
        int function = scenario.Old("function", Prologue + "0f84 00000000 85c0 7505 e9 00000000 ffc8 5b 5d c3", At(7, RelocationType.Pc32, cold), At(16, RelocationType.Plt32, foo));
        scenario.Old(cold, OldFunctionRole.Part, "ffc0 e9 00000000", At(3, RelocationType.Pc32, function, 0x14 - 4));
        scenario.Running(0x401000, Prologue + "0f84 S00402000 85c0 7502 eb19 ffc8 5b 5d c3").Running(0x402000, "ffc0 e9 S00401011").Running(0x402100, "ffc0 e9 S0040100f");
        var (match, refusals) = scenario.Match();
        Assert.Empty(refusals);
        Assert.Equal(0x402000UL, match!.SymbolValues[cold]);
        Assert.Equal(0x401000UL, match.SymbolValues[function]);
    }

    [Fact]
    public void APartThatReturnsToAnotherPlaceIsRefused()
    {
        var scenario = new Scenario();
        int foo = scenario.Symbol("foo", "unit.c");
        int function = scenario.Old("function", Prologue + "85c0 7505 e9 00000000 ffc8 5b 5d c3", At(10, RelocationType.Plt32, foo));
        scenario.Old("function.cold", OldFunctionRole.Part, "ffc0 e9 00000000", At(3, RelocationType.Pc32, function, 0xe - 4));
        scenario.Running(0x401000, Prologue + "85c0 7502 eb19 ffc8 5b 5d c3").Running(0x402000, "ffc0 e9 S0040100e");
        Refused(scenario, "WF303", "function.cold");
    }

    [Fact]
    public void TwinsAreRefusedWithAllTheirPlaces()
    {
        var scenario = new Scenario();
        scenario.Old("function", Prologue + "5b 5d c3");
        scenario.Running(0x401000, Prologue + "5b 5d c3").Running(0x402000, Prologue + "5b 5d c3");
        Refused(scenario, "WF302", "0x401000", "0x402000");
    }

    [Fact]
    public void TwinsAreToldApartByTheirCaller()
    {
        var scenario = new Scenario();
        int twin = scenario.Old("twin", Prologue + "5b 5d c3");
        scenario.Old("caller", OldFunctionRole.Anchor, Prologue + "e8 00000000 c3", At(6, RelocationType.Pc32, twin));
        scenario.Running(0x401000, Prologue + "5b 5d c3").Running(0x402000, Prologue + "5b 5d c3").Running(0x403000, Prologue + "e8 S00402000 c3");
        Assert.Equal(0x402000UL, Solve(scenario, twin));
    }

    [Fact]
    public void TwinsAreToldApartByTheStringsThatTheyUse()
    {
        var scenario = new Scenario();
        int text = scenario.Symbol(".LC0", "unit.c", PatchSymbolKind.Constant, "right\0");
        int twin = scenario.Old("twin", Prologue + "488d3d 00000000 c3", At(8, RelocationType.Pc32, text));
        scenario.Running(0x401000, Prologue + "488d3d S00409000 c3").Running(0x402000, Prologue + "488d3d S00409010 c3")
            .Data(0x409000, "wrong\0"u8.ToArray()).Data(0x409010, "right\0"u8.ToArray());
        Assert.Equal(0x402000UL, Solve(scenario, twin));
        Assert.Equal(0x409010UL, Solve(scenario, text));
    }

    [Fact]
    public void AnotherStringIsRefused()
    {
        var scenario = new Scenario();
        int text = scenario.Symbol(".LC0", "unit.c", PatchSymbolKind.Constant, "right\0");
        scenario.Old("function", Prologue + "488d3d 00000000 c3", At(8, RelocationType.Pc32, text));
        scenario.Running(0x401000, Prologue + "488d3d S00409000 c3").Data(0x409000, "wrong\0"u8.ToArray());
        Refused(scenario, "WF304", "0x409000", ".LC0");
    }

    [Fact]
    public void AnAnchorWithTwinsIsLeftOutWhereNothingIsNeededOfIt()
    {
        var scenario = new Scenario();
        int shared = scenario.Symbol("shared", "unit.c", PatchSymbolKind.Data);
        int anchor = scenario.Old("anchor", OldFunctionRole.Anchor, Prologue + "8b05 00000000 5b 5d c3", At(7, RelocationType.Pc32, shared));
        scenario.Running(0x401000, Prologue + "8b05 S00409000 5b 5d c3").Running(0x402000, Prologue + "8b05 S00409000 5b 5d c3");
        var (match, refusals) = scenario.Match();
        Assert.Empty(refusals);
        Assert.Empty(match!.Functions);
        // All its places agree on the variable.
        Assert.Equal(0x409000UL, match.SymbolValues[shared]);
        Refused(scenario.New(anchor), "WF302", "0x401000");
    }

    [Fact]
    public void TwoFunctionsThatDisagreeAreRefused()
    {
        var scenario = new Scenario();
        int shared = scenario.Symbol("shared", "unit.c", PatchSymbolKind.Data);
        scenario.Old("one", Prologue + "8b05 00000000 5b 5d c3", At(7, RelocationType.Pc32, shared));
        scenario.Old("two", Prologue + "8b0d 00000000 5b 5d c3", At(7, RelocationType.Pc32, shared));
        scenario.Running(0x401000, Prologue + "8b05 S00409000 5b 5d c3").Running(0x402000, Prologue + "8b0d S00409008 5b 5d c3");
        Refused(scenario, "WF303", "shared (unit.c)", "0x409000", "0x409008", "one", "two");
    }

    [Fact]
    public void OneFunctionThatDisagreesWithItselfIsRefused()
    {
        var scenario = new Scenario();
        int shared = scenario.Symbol("shared", "unit.c", PatchSymbolKind.Data);
        scenario.Old("one", Prologue + "8b05 00000000 8b0d 00000000 c3", At(7, RelocationType.Pc32, shared), At(13, RelocationType.Pc32, shared));
        scenario.Running(0x401000, Prologue + "8b05 S00409000 8b0d S00409008 c3");
        Refused(scenario, "WF303", "one+0xd".Replace("one", "one (unit.c)", StringComparison.Ordinal), "0x409008");
    }

    [Fact]
    public void CodeThatDiffersIsRefusedWithThePlace()
    {
        var scenario = new Scenario();
        scenario.Old("function", Prologue + "ffc8 5b 5d c3");
        scenario.Running(0x401000, Prologue + "ffc9 5b 5d c3").Running(0x402000, "31c0 c3");
        Refused(scenario, "WF301", "0x401000", "function+0x5");
    }

    [Fact]
    public void TheDifferenceIsShownWhereACallerSaysThatTheFunctionIs()
    {
        var scenario = new Scenario();
        int callee = scenario.Old("callee", "31c0 ffc8 5b 5d c3");
        scenario.Old("caller", Prologue + "e8 00000000 c3", At(6, RelocationType.Pc32, callee));
        scenario.Running(0x401000, "31c0 ffc8 5b 5d 5d c3").Running(0x402000, "31c0 ffc9 5b 5d c3").Running(0x403000, Prologue + "e8 S00402000 c3");
        Refused(scenario, "WF301", "0x402000", "callee+0x2");
    }

    [Fact]
    public void TheEntryOfAReplacedFunctionStandsForIt()
    {
        // The new code of an earlier patch stands at 0x700000; the rest of the program calls the original entry.
        var scenario = new Scenario();
        int replaced = scenario.Old("replaced", Prologue + "5b 5d c3");
        scenario.Old("caller", Prologue + "e8 00000000 c3", At(6, RelocationType.Plt32, replaced));
        scenario.Old("newer", Prologue + "ffc0 e8 00000000 c3", At(8, RelocationType.Plt32, replaced));
        scenario.Running(0x700000, Prologue + "5b 5d c3", entry: 0x401000).Running(0x403000, Prologue + "e8 S00401000 c3").Running(0x700100, Prologue + "ffc0 e8 S00700000 c3", entry: 0x404000);
        var (match, refusals) = scenario.Match();
        Assert.Empty(refusals);
        Assert.Equal(0x401000UL, match!.SymbolValues[replaced]);
        Assert.Equal(new Address(0x700000), match.Functions[0].Running.Code.Start);
    }

    [Theory]
    [InlineData("0f1f00")]
    [InlineData("909090")]
    [InlineData("cccccc")]
    [InlineData("000000")]
    [InlineData("6690cc")]
    public void PaddingBehindAFunctionIsNoDifference(string padding)
    {
        var scenario = new Scenario();
        int function = scenario.Old("function", Prologue + "5b 5d c3");
        scenario.Running(0x401000, Prologue + "5b 5d c3 " + padding);
        Assert.Equal(0x401000UL, Solve(scenario, function));
    }

    [Fact]
    public void ALongerFunctionIsAnotherOne()
    {
        var scenario = new Scenario();
        scenario.Old("function", Prologue + "5b 5d c3");
        scenario.Running(0x401000, Prologue + "5b 5d c3 50 c3");
        Refused(scenario, "WF301", "function+0x8");
    }

    [Theory]
    [InlineData(RelocationType.Got32)]
    [InlineData((RelocationType)9999)]
    public void OtherRelocationsAreRefused(RelocationType type)
    {
        var scenario = new Scenario();
        int foo = scenario.Symbol("foo");
        scenario.Old("function", Prologue + "e8 00000000 c3", At(6, type, foo));
        scenario.Running(0x401000, Prologue + "e8 S00402000 c3");
        Refused(scenario, "WF306", type.ToString());
    }

    [Fact]
    public void OldCodeThatContradictsItselfIsRefused()
    {
        var scenario = new Scenario();
        int foo = scenario.Symbol("foo");
        scenario.Old("outside", Prologue, At(3, RelocationType.Pc32, foo));
        scenario.Old("overlap", Prologue + "e8 00000000 c3", At(6, RelocationType.Pc32, foo), At(7, RelocationType.Pc32, foo));
        scenario.Old("nothing", Prologue + "e8 00000000 c3", At(6, RelocationType.Pc32, 99));
        scenario.Old("empty", "");
        scenario.Running(0x401000, Prologue);
        Assert.Equal(["WF307 outside", "WF307 overlap", "WF307 nothing", "WF307 empty"], scenario.Match().Refusals.Select(r => $"{r.Code} {r.Subject}"));
    }

    [Fact]
    public void AProgramThatCannotBeReadIsRefused()
    {
        var scenario = new Scenario();
        scenario.Old("function", Prologue);
        Refused(scenario, "WF308");
    }

    private static ulong Solve(Scenario scenario, int symbol)
    {
        var (match, refusals) = scenario.Match();
        Assert.Empty(refusals);
        return match!.SymbolValues[symbol];
    }

    private static void Refused(Scenario scenario, string code, params string[] words)
    {
        var (match, refusals) = scenario.Match();
        Assert.Null(match);
        var refusal = Assert.Single(refusals);
        Assert.Equal(code, refusal.Code);
        Assert.All(words, word => Assert.Contains(word, refusal.Sentence, StringComparison.Ordinal));
    }
}
