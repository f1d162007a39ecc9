// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Xunit;

namespace Wfpatch.Core.Tests.Generations;

/// <summary>What patches need of each other.</summary>
public sealed class DependencyTests
{
    private static TargetState Patched => Applied.Start("a", "b", "ac").Apply(0).Apply(1);

    [Theory]
    [InlineData("", null)]
    [InlineData("0", null)]
    [InlineData("1", null)]
    [InlineData("01", null)]
    [InlineData("10", "in another one")]
    [InlineData("2", "is not in force")]
    [InlineData("021", "patch2 (0000000000000002) is not in force")]
    [InlineData("23", "are not in force")]
    public void Needed_ones_are_below_in_their_order(string needed, string? why)
    {
        var refusal = Dependencies.FindObstacles(Patch(needed), false, Patched, "process 1").SingleOrDefault();
        Assert.Equal(why is null ? null : "WF751", refusal?.Code);
        Assert.Contains(why ?? "", refusal?.Sentence ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_later_ones_have_replaced_is_in_force_and_one_that_waits_is_not()
    {
        Assert.Empty(Dependencies.FindObstacles(Patch("012"), false, Patched.Apply(2), "process 1"));
        var waiting = Patched with { Waiting = [new WaitingPatch(Applied.IdOf(1), "1", "lib.so")] };
        Assert.Equal(["WF751"], Dependencies.FindObstacles(Patch("1"), false, waiting, "process 1").Select(r => r.Code));
    }

    [Fact]
    public void What_replaces_all_needs_none() =>
        Assert.Equal(["WF753"], Dependencies.FindObstacles(Patch("0"), true, Patched, "process 1").Select(r => r.Code));

    [Fact]
    public void A_patch_stays_while_another_one_in_force_needs_it()
    {
        var state = Patched;
        state = (state with { Images = state.Images.SetItem(2, state.Images[2] with { Requires = [Applied.IdOf(0)] }) }).Apply(2);
        Assert.Equal(["2"], Dependencies.FindDependents(state, [state.Applied[0]]));
        Assert.Empty(Dependencies.FindDependents(state, [state.Applied[1]]));
        Assert.Empty(Dependencies.FindDependents(state, [state.Applied[2]]));
        // Applied twice, the second time above: that one may go.
        var twice = state.Apply(0);
        Assert.Empty(Dependencies.FindDependents(twice, [twice.Applied[3]]));
    }

    private static Patch Patch(string needed) => new("ffffffffffffffff", "new", [])
    {
        Requires = [.. needed.Select(n => new RequiredPatch(Applied.IdOf(n - '0'), $"patch{n}"))],
    };
}
