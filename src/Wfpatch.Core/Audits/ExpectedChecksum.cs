// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Plans;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Audits;

/// <summary>Bytes of which only the checksum is known.</summary>
public sealed record ExpectedChecksum(RefusalKind Kind, string What, AddressRange Range, ulong Checksum) : Expectation(Kind, What, Range.Start)
{
    private const ulong LongestRange = 1UL << 28;

    public override Difference? Compare(IMemory memory)
    {
        if (Range.Length > LongestRange || memory.Read(Range.Start, (int)Range.Length) is not { } bytes)
        {
            return Unreadable(Describe(Checksum));
        }
        ulong found = Fnv1a.Compute(bytes);
        return found == Checksum ? null : new Difference(Kind, What, Address, Describe(Checksum), Describe(found));
    }

    private static string Describe(ulong checksum) => string.Create(CultureInfo.InvariantCulture, $"checksum {checksum:x16}");
}
