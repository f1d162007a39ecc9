// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects;

/// <summary>A set of short ranges of memory, found by the pages that they touch.</summary>
internal sealed class RangeSet
{
    private readonly Dictionary<ulong, List<AddressRange>> _byPage = [];

    public void Add(AddressRange range)
    {
        foreach (var page in PagesOf(range))
        {
            if (!_byPage.TryGetValue(page.Value, out var there))
            {
                _byPage.Add(page.Value, there = []);
            }
            there.Add(range);
        }
    }

    public bool Overlaps(AddressRange range)
    {
        foreach (var page in PagesOf(range))
        {
            if (_byPage.TryGetValue(page.Value, out var there) && there.Exists(range.Overlaps))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The pages that a range touches, in order.</summary>
    public static IEnumerable<Address> PagesOf(AddressRange range)
    {
        for (var page = range.Start.PageStart; page < range.End; page += (long)Address.PageSize)
        {
            yield return page;
        }
    }
}
