// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Audits;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Audits;

/// <summary>Whether the memory that we mapped is still there with the rights that it got.</summary>
public static class OwnMemory
{
    private const string Rights = "r-xp, anonymous";

    /// <summary>For each region and each trampoline null or what is wrong. Pages that were journaled for trampolines that never came
    /// to be are no matter: they may never have been mapped.</summary>
    public static IEnumerable<Difference?> Compare(ImmutableArray<Mapping> mappings, TargetState state)
    {
        var regions = state.Regions.Select(r => (r.Range, What: $"memory for new code at {r.Range.Start}"));
        var trampolines = state.Redirects.SelectMany(r => r.Plan.All.Select(p => (Range: p.TrampolineRange, What: $"memory of the trampoline of {r.Name}")))
            .Concat(state.Hooks.Select(h => (Range: h.Plan.TrampolineRange, What: $"memory of the trampoline of {TargetExpectations.Describe(h)}")));
        return regions.Concat(trampolines).Select(m => Compare(mappings, m.Range, m.What));
    }

    private static Difference? Compare(ImmutableArray<Mapping> mappings, AddressRange range, string what)
    {
        for (var at = range.Start; at < range.End;)
        {
            var mapping = mappings.FirstOrDefault(m => m.Range.Contains(at));
            if (mapping is null || !TargetJournal.MayBeOurs(mapping))
            {
                return new Difference(AuditRefusals.MemoryChanged, what, at, Rights, mapping is null ? "no mapping" : Describe(mapping));
            }
            at = mapping.Range.End;
        }
        return null;
    }

    private static string Describe(Mapping m)
    {
        string rights = $"{(m.IsReadable ? 'r' : '-')}{(m.IsWritable ? 'w' : '-')}{(m.IsExecutable ? 'x' : '-')}{(m.IsPrivate ? 'p' : 's')}";
        return $"{rights}, {(m.IsAnonymous ? "anonymous" : m.Path)}";
    }
}
