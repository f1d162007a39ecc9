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
    private const string DataRights = "rw-p, anonymous";

    /// <summary>For each region and each trampoline null or what is wrong. Pages that were journaled for trampolines that never came
    /// to be are no matter: they may never have been mapped.</summary>
    public static IEnumerable<Difference?> Compare(ImmutableArray<Mapping> mappings, TargetState state)
    {
        var regions = state.Regions.Select(r => (r.Range, What: $"memory for new code at {r.Range.Start}"));
        var trampolines = state.Redirects.SelectMany(r => r.Plan.All.Select(p => (Range: p.TrampolineRange, What: $"memory of the trampoline of {r.Name}")))
            .Concat(state.Hooks.Select(h => (Range: h.Plan.TrampolineRange, What: $"memory of the trampoline of {TargetExpectations.Describe(h)}")));
        // Pages that were given to a patch which never came to be may be either.
        var inUse = state.Images.Select(i => i.Data).Where(d => d.Length > 0).ToList();
        return regions.SelectMany(r => Without(r.Range, state.DataPages).Select(range => (Range: range, r.What))).Concat(trampolines)
            .Select(m => Compare(mappings, m.Range, m.What, TargetJournal.MayBeOurs, Rights))
            .Concat(inUse.Select(d => Compare(mappings, d, $"memory for new variables at {d.Start}", TargetJournal.MayBeData, DataRights)));
    }

    private static IEnumerable<AddressRange> Without(AddressRange range, IEnumerable<AddressRange> holes)
    {
        var at = range.Start;
        foreach (var hole in holes.Where(h => range.Contains(h)).OrderBy(h => h.Start))
        {
            if (hole.Start > at)
            {
                yield return new AddressRange(at, hole.Start);
            }
            at = hole.End;
        }
        if (at < range.End)
        {
            yield return new AddressRange(at, range.End);
        }
    }

    private static Difference? Compare(ImmutableArray<Mapping> mappings, AddressRange range, string what, Func<Mapping, bool> isWanted, string rights)
    {
        for (var at = range.Start; at < range.End;)
        {
            var mapping = mappings.FirstOrDefault(m => m.Range.Contains(at));
            if (mapping is null || !isWanted(mapping))
            {
                return new Difference(AuditRefusals.MemoryChanged, what, at, rights, mapping is null ? "no mapping" : Describe(mapping));
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
