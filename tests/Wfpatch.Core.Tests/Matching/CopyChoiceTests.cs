// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Xunit;
using static Wfpatch.Core.Tests.Matching.Scenario;

namespace Wfpatch.Core.Tests.Matching;

/// <summary>Inline functions of which objects have different copies: the program has one of them.</summary>
public sealed class CopyChoiceTests
{
    private const string Calls = "55 48 89 e5 53 e8 00000000 5b 5d c3";
    private const string Inlined = "55 48 89 e5 53 8d 44 7f 05 5b 5d c3";

    [Fact]
    public void A_copy_stands_for_its_function()
    {
        var scenario = Both(out _);
        scenario.Running(0x401000, Inlined);
        var (match, refusals) = scenario.Match();
        Assert.Empty(refusals);
        var only = Assert.Single(match!.Functions);
        Assert.Equal(0, only.OldFunction);
        Assert.Equal(new Address(0x401000), only.Running.Entry);
    }

    [Fact]
    public void Where_the_function_itself_runs_its_copies_are_not_missed()
    {
        var scenario = Both(out int inner);
        scenario.Running(0x401000, "55 48 89 e5 53 e8 S00402000 5b 5d c3").Running(0x402000, "b8 01000000 c3");
        var (match, refusals) = scenario.Match();
        Assert.Empty(refusals);
        Assert.Equal([0], match!.Functions.Select(f => f.OldFunction));
        Assert.Equal(0x402000UL, match.SymbolValues[inner]);
    }

    [Fact]
    public void Where_none_runs_the_function_is_missing_once()
    {
        var scenario = Both(out _);
        scenario.Running(0x401000, "55 48 89 e5 53 31 c0 5b 5d c3");
        var (match, refusals) = scenario.Match();
        Assert.Null(match);
        Assert.Equal("WF301", Assert.Single(refusals).Code);
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "WF301")]
    public void Parts_are_looked_for_where_their_copy_runs(bool isThere, string? code)
    {
        var scenario = Both(out _);
        scenario.Of(0).Old("function.cold", OldFunctionRole.Part, "48 83 ec 08 0f 0b 48 31 c0 c3");
        scenario.Of(1).Old("function.cold", OldFunctionRole.Part, "48 83 ec 18 0f 0b 48 31 c9 c3");
        scenario.Running(0x401000, Inlined).Running(0x403000, isThere ? "48 83 ec 18 0f 0b 48 31 c9 c3" : "90 90 c3");
        var (match, refusals) = scenario.Match();
        Assert.Equal(code is null ? [] : [code], refusals.Select(r => r.Code));
        Assert.Equal(code is null ? [0, 3] : [], match?.Functions.Select(f => f.OldFunction) ?? []);
    }

    [Fact]
    public void Copies_at_two_places_are_in_doubt()
    {
        var scenario = Both(out _);
        scenario.Running(0x401000, Inlined).Running(0x404000, "55 48 89 e5 53 e8 S00402000 5b 5d c3").Running(0x402000, "b8 01000000 c3");
        Assert.Equal(["WF302"], scenario.Match().Refusals.Select(r => r.Code));
    }

    // The copy of one unit calls inner, that of another one has it inlined.
    private static Scenario Both(out int inner)
    {
        var scenario = new Scenario();
        inner = scenario.Symbol("inner");
        int function = scenario.Symbol("function", "", PatchSymbolKind.Function);
        scenario.Old(function, OldFunctionRole.Replaced, Calls, At(6, RelocationType.Plt32, inner));
        scenario.Of(0).Old(function, OldFunctionRole.Copy, Inlined);
        return scenario;
    }
}
