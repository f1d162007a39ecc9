// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects;

/// <summary>Which addresses of the target are taken, which pages hold trampolines of ours, and which bytes of code
/// redirects write or read as their displacement. Grows while a plan is made.</summary>
public sealed class AddressSpaceMap
{
    /// <summary>vm.mmap_min_addr at its default; nothing is mapped below.</summary>
    private static readonly Address Lowest = new(0x10000);

    private readonly AddressRange[] _taken;
    private readonly SortedSet<ulong> _trampolinePages;
    private readonly HashSet<ulong> _newPages = [];
    private readonly List<AddressRange> _trampolines;
    private readonly List<RedirectPlan> _redirects;

    /// <param name="mapped">Every mapping of the target.</param>
    /// <param name="trampolinePages">Pages of ours that hold trampolines already, by start.</param>
    /// <param name="redirects">The redirects that exist: their trampolines and the code bytes that they write or read.</param>
    public AddressSpaceMap(IEnumerable<AddressRange> mapped, IEnumerable<Address> trampolinePages, IEnumerable<RedirectPlan> redirects)
    {
        _taken = [.. mapped.OrderBy(r => r.Start)];
        _trampolinePages = [.. trampolinePages.Select(p => p.Value)];
        _redirects = [.. redirects];
        _trampolines = [.. _redirects.Select(r => r.TrampolineRange)];
    }

    /// <summary>Pages that the plan needs and that are not mapped yet, in order.</summary>
    public IReadOnlyList<Address> NewPages => [.. _newPages.Order().Select(p => new Address(p))];

    /// <summary>Whether no mapping and no planned page lies in the range.</summary>
    public bool IsFree(AddressRange range)
    {
        if (range.Start < Lowest || range.End > Address.UserEnd || range.End < range.Start)
        {
            return false;
        }
        if (_newPages.Any(p => range.Overlaps(AddressRange.OfLength(new Address(p), (long)Address.PageSize))))
        {
            return false;
        }
        int low = 0;
        int high = _taken.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_taken[middle].End <= range.Start)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low == _taken.Length || !_taken[low].Overlaps(range);
    }

    /// <summary>Whether a trampoline can stand in the range: each page is free, or ours with these bytes unused.</summary>
    public bool CanHold(AddressRange trampoline) =>
        PagesOf(trampoline).All(p => IsTrampolinePage(p) || IsFree(AddressRange.OfLength(p, (long)Address.PageSize)))
        && !_trampolines.Any(t => t.Overlaps(trampoline));

    /// <summary>How many pages would have to be mapped for it.</summary>
    public int CountNewPages(AddressRange trampoline) => PagesOf(trampoline).Count(p => !IsTrampolinePage(p));

    /// <summary>Whether another redirect changes a byte that this one would read as its displacement, or the other way round.</summary>
    public bool Collides(AddressRange written, AddressRange displacement) =>
        _redirects.Any(r => r.Displacement.Overlaps(written) || r.Write.Trimmed().Range.Overlaps(displacement) || r.Write.Trimmed().Range.Overlaps(written));

    /// <summary>Trampoline pages, mapped or planned, that lie in the range: the cheapest places for a trampoline that is free to choose.</summary>
    public IEnumerable<Address> TrampolinePagesIn(AddressRange range) =>
        _trampolinePages.GetViewBetween(range.Start.PageStart.Value, Math.Max(range.Start.PageStart.Value, range.End.Value))
            .Concat(_newPages.Order())
            .Distinct()
            .Select(p => new Address(p))
            .Where(p => p >= range.Start.PageStart && p < range.End);

    /// <summary>A place of <paramref name="length"/> bytes that starts within <paramref name="starts"/>: in a page of ours
    /// where there is one, else in the first free page; null where there is none.</summary>
    public Address? FindPlace(AddressRange starts, int length)
    {
        const int Step = 16;
        foreach (var page in TrampolinePagesIn(starts))
        {
            var last = page + (long)Address.PageSize - length;
            for (var at = page < starts.Start ? starts.Start.AlignUp(Step) : page; at <= last && at < starts.End; at += Step)
            {
                if (CanHold(AddressRange.OfLength(at, length)))
                {
                    return at;
                }
            }
        }
        if (CanHold(AddressRange.OfLength(starts.Start, length)))
        {
            return starts.Start;
        }
        var candidates = _taken.Select(t => t.End).Where(e => e > starts.Start).Prepend(starts.Start.AlignUp(Address.PageSize));
        foreach (var at in candidates.TakeWhile(e => e < starts.End))
        {
            if (CanHold(AddressRange.OfLength(at, length)))
            {
                return at;
            }
        }
        return null;
    }

    /// <summary>Takes the place of a planned redirect.</summary>
    public void Reserve(RedirectPlan plan)
    {
        foreach (var page in PagesOf(plan.TrampolineRange).Where(p => !IsTrampolinePage(p)))
        {
            _newPages.Add(page.Value);
        }
        _trampolines.Add(plan.TrampolineRange);
        _redirects.Add(plan);
    }

    /// <summary>The free range of that length nearest to <paramref name="near"/> within reach of a rel32, or null.</summary>
    public AddressRange? FindFree(AddressRange near, long length)
    {
        AddressRange? best = null;
        long bestDistance = long.MaxValue;
        void Consider(Address start)
        {
            var range = AddressRange.OfLength(start, length);
            long distance = start < near.Start ? near.End - start : range.End - near.Start;
            if (distance < bestDistance && distance < int.MaxValue && IsFree(range))
            {
                (best, bestDistance) = (range, distance);
            }
        }
        foreach (var taken in _taken.Append(near))
        {
            Consider(taken.End.AlignUp(Address.PageSize));
            Consider((taken.Start - length).PageStart);
        }
        return best;
    }

    private bool IsTrampolinePage(Address page) => _trampolinePages.Contains(page.Value) || _newPages.Contains(page.Value);

    private static IEnumerable<Address> PagesOf(AddressRange range)
    {
        for (var page = range.Start.PageStart; page < range.End; page += (long)Address.PageSize)
        {
            yield return page;
        }
    }
}
