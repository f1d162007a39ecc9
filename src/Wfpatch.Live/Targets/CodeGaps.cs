// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Live.Targets;

/// <summary>
/// The rest of the last page of an object's code segment: it is mapped and executable, and nothing of the program is there.
/// The code that maps the very first memory of ours is put there.
/// </summary>
public static class CodeGaps
{
    private const ulong Alignment = 16;

    /// <summary>The largest gap of all objects, of at least <paramref name="length"/> bytes; null where there is none.</summary>
    public static AddressRange? Find(Target target, int length)
    {
        AddressRange best = default;
        foreach (var library in target.Objects)
        {
            foreach (var segment in library.Image.Segments.Where(s => s.IsExecutable && !s.IsWritable))
            {
                var gap = new AddressRange(segment.Range.End.AlignUp(Alignment), segment.Range.End.AlignUp(Address.PageSize));
                bool isOurs = target.Mappings.Any(m => m.IsExecutable && m.IsFile && m.Range.Contains(gap));
                if (isOurs && gap.Length > best.Length)
                {
                    best = gap;
                }
            }
        }
        return best.Length >= (ulong)length ? best : null;
    }
}
