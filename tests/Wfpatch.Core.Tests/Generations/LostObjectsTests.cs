// SPDX-License-Identifier: Apache-2.0
using CsCheck;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Tests.Plans;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Core.Tests.Generations;

/// <summary>Whatever is unloaded, what is left is a state that a controller may go on from, and nothing in it leads to what is gone.</summary>
public sealed class LostObjectsTests
{
    [Fact]
    public void What_is_left_leads_nowhere_that_is_gone()
    {
        Gen.Select(RandomState.States, Gen.Int[0, 7]).Check((state, which) =>
        {
            // Around an entry here and there, as a library is.
            var lost = state.Redirects.Where((_, i) => (which >> (i % 3) & 1) != 0)
                .Select(r => new ObjectState("lib.so", Wfpatch.Core.Addresses.AddressRange.OfLength(r.Plan.Entry, 4096), "")).ToList();
            var left = LostObjects.Without(state with { Objects = [.. lost] }, lost);
            Assert.True(StateRules.IsConsistent(left));
            Assert.DoesNotContain(left.Redirects, r => lost.Any(o => o.Range.Contains(r.Plan.Entry)));
            Assert.DoesNotContain(left.Hooks, h => lost.Any(o => o.Range.Contains(h.Plan.Entry)));
            Assert.DoesNotContain(left.Unwinders, u => lost.Any(o => o.Range.Contains(u.Plan.Entry)));
            Assert.Empty(left.Objects);
            // A patch is in force, or it waits; its new code stays where it is.
            Assert.Equal(state.Images.Length, left.Images.Length);
            Assert.All(left.Applied, a => Assert.Equal(state.Images[a.Image].PatchId, left.Images[a.Image].PatchId));
            foreach (var gone in state.Applied.Where(a => !left.Applied.Contains(a)))
            {
                bool isLeft = state.Transition is { } open && (open.Kind == TransitionKind.Revert
                    ? open.Images.Contains(gone.Image)
                    : open is { ReversedTo: 0, Phase: not TransitionPhase.Cancelling } && open.Replaced(state).Contains(gone.Image));
                // Applied twice, of which one is enough.
                bool isThere = left.Applied.Any(a => a.Image == gone.Image);
                Assert.True(isLeft || isThere || left.Waiting.Any(w => w.PatchId == state.Images[gone.Image].PatchId));
            }
            Assert.True(left.Transition is not { Kind: TransitionKind.Revert } back || state.Transition!.Kind == TransitionKind.Revert || back.Images.All(state.Transition.Replaced(state).Contains));
            if (state.Transition is not null && left.Transition is null)
            {
                Assert.DoesNotContain(left.Hooks, h => h.IsArmed);
            }
        });
    }
}
