// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Loads;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments.Latencies;

/// <summary>Which window a request belongs to, and which patch its reply speaks for.</summary>
public sealed class WindowCutTests
{
    private const long Start = 5_000_000_000;

    private static readonly LatencyWindow First = new("points", 0, false, 1000, 2000), Second = new("points", 0, true, 2000, 3000);

    [Fact]
    public void A_request_belongs_to_the_window_in_which_it_was_due_whenever_its_reply_came()
    {
        var (windows, elsewhere) = Cut([First, Second], At(2000, 7), At(1999, 5_000_000), At(999, 1), At(1000, 3), At(2999, 9), At(3000, 1));
        Assert.Equal([[0, 999], [0, 999]], windows.Select(window => window.Due));
        Assert.Equal([[3, 5_000_000], [7, 9]], windows.Select(window => window.Latencies));
        Assert.Equal(0, elsewhere);
    }

    [Fact]
    public void Failed_requests_are_counted_where_they_were_due_and_those_in_no_window_as_well()
    {
        var (windows, elsewhere) = Cut([First, Second with { Begin = 2500 }], At(500, 1, Reply.Wrong), At(1500, 1, Reply.Wrong), At(2200, 1, Reply.Wrong), At(2600, 1), At(3001, 1, Reply.Wrong));
        Assert.Equal([1, 0], windows.Select(window => window.Failed));
        Assert.Equal(3, elsewhere);
    }

    [Fact]
    public void Replies_speak_for_the_patch_that_had_ended_before_they_were_due()
    {
        LatencyWindow window = Second with
        {
            Patches = [Attempt("apply", 2100, 2200), Attempt("revert", 2500, 2600), Attempt("apply", 2800, 2850) with { Done = false, Why = "it took too long" }],
        };
        ImmutableArray<PatchAttempt> patches = Cut(
            [window],
            At(2050, 1, Reply.Old), At(2150, 1, Reply.Old), At(2201, 1, Reply.New), At(2300, 1, Reply.New), At(2400, 1, Reply.Old), At(2410, 1), // the fifth should not be
            At(2550, 1, Reply.New), At(2650, 1, Reply.Mixed), At(2700, 1, Reply.Old), At(2750, 1, Reply.New), // nor the tenth; the last two may have been served by the next version
            At(2900, 1, Reply.Old), At(2490, 20, Reply.Old), At(2790, 500, Reply.New)).Windows.Single().Patches;
        Assert.Equal([(1, 2), (1, 2), (0, 0)], patches.Select(patch => (patch.ShownBefore, patch.ShownAfter)));
    }

    private static PatchAttempt Attempt(string verb, long begin, long end) => new(verb, begin, end, true, 4, 1, 1, "");

    private static Sample At(long dueUs, long latencyUs, Reply reply = Reply.Plain) => new(Start + (dueUs * 1000), latencyUs * 1000, reply);

    private static (ImmutableArray<LatencyWindow> Windows, long Elsewhere) Cut(ImmutableArray<LatencyWindow> windows, params Sample[] samples) => WindowCut.Fill(samples, Start, windows);
}
