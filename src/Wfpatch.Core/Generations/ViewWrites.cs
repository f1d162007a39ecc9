// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;

namespace Wfpatch.Core.Generations;

/// <summary>
/// What a transition of the aspace backend writes into the view that it makes. Pure. A view is made from the kernel's generation 0, whole, from what
/// will be in force: it does not depend on the views before it, and whatever was written of it can be written again, or thrown away.
/// </summary>
public sealed class ViewWrites
{
    private readonly TargetState _state;
    private readonly ImmutableArray<(EntryState Entry, Address NewCode)> _jumps;

    public ViewWrites(TargetState state)
    {
        _state = state;
        var after = (state.Transition ?? throw new ArgumentException("no transition is open", nameof(state))).After(state);
        _jumps =
        [
            .. from entry in state.Entries
               let version = state.VersionOf(entry.Entry, after)?.Functions.First(f => f.Entry == entry.Entry)
               where version is not null
               select (entry, version.New.Start),
        ];
    }

    /// <summary>Whether what will be in force is the program as it was started: generation 0 itself is the view.</summary>
    public bool IsBase => _jumps.IsEmpty;

    /// <summary>Whole pages that must be allowed to differ, in order, neighbours joined.</summary>
    public ImmutableArray<AddressRange> Pages
    {
        get
        {
            var pages = new List<AddressRange>();
            foreach (var range in _jumps.Select(j => new AddressRange(j.Entry.Range.Start.PageStart, j.Entry.Range.End.AlignUp(Address.PageSize))).OrderBy(r => r.Start))
            {
                if (pages.Count > 0 && range.Start <= pages[^1].End)
                {
                    pages[^1] = pages[^1] with { End = range.End > pages[^1].End ? range.End : pages[^1].End };
                }
                else
                {
                    pages.Add(range);
                }
            }
            return [.. pages];
        }
    }

    /// <summary>The entries that lead to new code, and what must stand there in generation 0.</summary>
    public IEnumerable<EntryState> Entries => _jumps.Select(j => j.Entry);

    /// <summary>
    /// All writes. Guards of system calls stand in generation 0 while threads are stopped; a page of the view is a copy from that time, and
    /// nobody closes them there: so their old bytes come first.
    /// </summary>
    public IEnumerable<CodeWrite> All()
    {
        var pages = Pages;
        foreach (var hook in _state.Hooks.Where(h => pages.Any(p => p.Overlaps(h.Plan.Write.Range))))
        {
            yield return new CodeWrite(hook.Plan.Write.Address, hook.Plan.Write.Old.ToArray());
        }
        foreach (var (entry, newCode) in _jumps)
        {
            yield return EntryJump.Write(entry, newCode);
        }
    }
}
