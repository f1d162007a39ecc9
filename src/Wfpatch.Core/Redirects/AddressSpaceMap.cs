// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects;

/// <summary>Which addresses of the target are taken, which pages hold trampolines of ours, and which bytes of code
/// redirects write or read as their displacement. Grows while a plan is made.</summary>
public sealed class AddressSpaceMap
{
    private const long Page = (long)Address.PageSize;
    private const ulong TableSpan = 2 << 20;

    /// <summary>vm.mmap_min_addr at its default; nothing is mapped below.</summary>
    private static readonly Address Lowest = new(0x10000);

    private readonly ImmutableArray<AddressRange> _taken;
    private readonly SortedSet<ulong> _pages;
    private readonly SortedSet<ulong> _newPages = [];
    private readonly RangeSet _trampolines = new();
    private readonly RangeSet _written = new();
    private readonly RangeSet _displacements = new();

    /// <param name="mapped">Every mapping of the target, with room to grow where one needs it. They may overlap.</param>
    /// <param name="trampolinePages">Pages of ours that are mapped and hold trampolines, by start.</param>
    /// <param name="redirects">The redirects that exist: their trampolines and the code bytes that they write or read.</param>
    public AddressSpaceMap(IEnumerable<AddressRange> mapped, IEnumerable<Address> trampolinePages, IEnumerable<RedirectPlan> redirects)
    {
        _taken = Merge(mapped);
        _pages = [.. trampolinePages.Select(p => p.Value)];
        foreach (var redirect in redirects)
        {
            Add(redirect);
        }
    }

    /// <summary>Pages that the plan needs and that are not mapped yet, in order.</summary>
    public IReadOnlyList<Address> NewPages => [.. _newPages.Select(p => new Address(p))];

    /// <summary>Whether no mapping and no trampoline page, mapped or planned, lies in the range.</summary>
    public bool IsFree(AddressRange range)
    {
        if (range.Start < Lowest || range.End > Address.UserEnd || range.End <= range.Start)
        {
            return false;
        }
        if (_pages.GetViewBetween(range.Start.PageStart.Value, range.End.Value - 1).Count > 0)
        {
            return false;
        }
        int next = FirstEndingAfter(range.Start);
        return next == _taken.Length || !_taken[next].Overlaps(range);
    }

    /// <summary>Whether a trampoline can stand in the range: each page is free, or ours with these bytes unused.</summary>
    public bool CanHold(AddressRange trampoline) =>
        trampoline.End > trampoline.Start
        && RangeSet.PagesOf(trampoline).All(p => _pages.Contains(p.Value) || IsFree(AddressRange.OfLength(p, Page)))
        && !_trampolines.Overlaps(trampoline);

    /// <summary>How many pages of memory it would take: those to be mapped, and one for each page table that is not there yet
    /// (a table covers 2 MiB; Intel SDM volume 3A, section 4.5).</summary>
    public int CountNewMemory(AddressRange trampoline)
    {
        var pages = RangeSet.PagesOf(trampoline).Where(p => !_pages.Contains(p.Value)).ToList();
        return pages.Count + pages.Select(p => p.Value / TableSpan).Distinct().Count(t => IsFree(SpanOfTable(t)));
    }

    /// <summary>The same of a whole plan.</summary>
    public int CountNewMemory(RedirectPlan plan) => plan.All.Sum(p => CountNewMemory(p.TrampolineRange));

    /// <summary>Whether another redirect changes a byte that this one would read as its displacement, or the other way round.</summary>
    public bool Collides(RedirectPlan plan) => plan.Displacements.Any(d => Collides(plan.Write.Trimmed().Range, d));

    /// <summary>The same of one write and the bytes of one displacement.</summary>
    public bool Collides(AddressRange written, AddressRange displacement) =>
        _displacements.Overlaps(written) || _written.Overlaps(displacement) || _written.Overlaps(written);

    /// <summary>A place of <paramref name="length"/> bytes that starts within <paramref name="starts"/>: in a page of ours
    /// where there is one, else in free memory; of several the one that is nearest to <paramref name="near"/>. Null where there is none.</summary>
    public Address? FindPlace(AddressRange starts, int length, Address near)
    {
        const int Step = 16;
        foreach (var page in PagesIn(starts).OrderBy(p => Distance(p, near)))
        {
            var last = page + Page - length;
            for (var at = page < starts.Start ? starts.Start.AlignUp(Step) : page; at <= last && at < starts.End; at += Step)
            {
                if (CanHold(AddressRange.OfLength(at, length)))
                {
                    return at;
                }
            }
        }
        return FreeStarts(starts)
            .OrderBy(a => Distance(a, near))
            .Where(a => CanHold(AddressRange.OfLength(a, length)))
            .Select(a => (Address?)a)
            .FirstOrDefault();
    }

    /// <summary>Takes the place of a planned redirect.</summary>
    public void Reserve(RedirectPlan plan)
    {
        foreach (var page in plan.All.SelectMany(p => RangeSet.PagesOf(p.TrampolineRange)).Where(p => _pages.Add(p.Value)))
        {
            _newPages.Add(page.Value);
        }
        Add(plan);
    }

    /// <summary>The free range of that length nearest to <paramref name="near"/> within reach of a rel32, or null.</summary>
    /// <param name="margin">How far from every mapping it keeps where it can: jumps with small displacements lead to the
    /// neighbourhood of the code, and what stands there takes their place.</param>
    public AddressRange? FindFree(AddressRange near, long length, long margin = 0)
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
            Consider((taken.End + margin).AlignUp(Address.PageSize));
            Consider((taken.Start - margin - length).PageStart);
        }
        return best ?? (margin > 0 ? FindFree(near, length) : null);
    }

    private void Add(RedirectPlan redirect)
    {
        foreach (var one in redirect.All)
        {
            _trampolines.Add(one.TrampolineRange);
            _written.Add(one.Write.Trimmed().Range);
            foreach (var displacement in one.Displacements)
            {
                _displacements.Add(displacement);
            }
        }
    }

    private static AddressRange SpanOfTable(ulong table) =>
        new(new Address(Math.Max(table * TableSpan, Lowest.Value)), new Address((table + 1) * TableSpan));

    private IEnumerable<Address> PagesIn(AddressRange starts) => starts.Length == 0
        ? []
        : _pages.GetViewBetween(starts.Start.PageStart.Value, starts.End.Value - 1).Select(p => new Address(p));

    /// <summary>Where free memory may begin, or its last page begins, within a range: at its ends and beside each mapping.</summary>
    private IEnumerable<Address> FreeStarts(AddressRange starts)
    {
        yield return starts.Start;
        var lowest = starts.Start < Lowest ? Lowest : starts.Start.AlignUp(Address.PageSize);
        if (starts.Contains(lowest))
        {
            yield return lowest;
        }
        for (int i = FirstEndingAfter(starts.Start < Lowest ? starts.Start : starts.Start - Page); i < _taken.Length && _taken[i].Start <= starts.End; i++)
        {
            var after = _taken[i].End.AlignUp(Address.PageSize);
            var before = _taken[i].Start.PageStart - Page;
            if (starts.Contains(before))
            {
                yield return before;
            }
            if (starts.Contains(after))
            {
                yield return after;
            }
        }
    }

    /// <summary>The first of the taken ranges, which are in order and do not overlap, that ends behind an address.</summary>
    private int FirstEndingAfter(Address address)
    {
        int low = 0;
        int high = _taken.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_taken[middle].End <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low;
    }

    private static ImmutableArray<AddressRange> Merge(IEnumerable<AddressRange> ranges)
    {
        var merged = ImmutableArray.CreateBuilder<AddressRange>();
        foreach (var range in ranges.Where(r => r.Length > 0).OrderBy(r => r.Start))
        {
            if (merged.Count > 0 && range.Start <= merged[^1].End)
            {
                merged[^1] = new AddressRange(merged[^1].Start, range.End > merged[^1].End ? range.End : merged[^1].End);
            }
            else
            {
                merged.Add(range);
            }
        }
        return merged.ToImmutable();
    }

    private static ulong Distance(Address a, Address b) => a < b ? b.Value - a.Value : a.Value - b.Value;
}
