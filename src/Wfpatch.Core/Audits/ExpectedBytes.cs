// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Audits;

/// <summary>Bytes of which each has one right value, or several, or any.</summary>
/// <param name="Allowed">For each byte its right values; none: any.</param>
public sealed record ExpectedBytes(RefusalKind Kind, string What, Address Address, ImmutableArray<ImmutableArray<byte>> Allowed) : Expectation(Kind, What, Address)
{
    /// <summary>As many bytes as a sentence can hold.</summary>
    private const int LongestText = 16;

    /// <summary>The difference has the bytes from the first wrong one to the last.</summary>
    public override Difference? Compare(IMemory memory)
    {
        if (memory.Read(Address, Allowed.Length) is not { } bytes)
        {
            return Unreadable(Describe(Allowed, ExpectedText));
        }
        int first = 0;
        int last = bytes.Length - 1;
        while (first < bytes.Length && IsRight(bytes, first))
        {
            first++;
        }
        while (last > first && IsRight(bytes, last))
        {
            last--;
        }
        return first == bytes.Length
            ? null
            : new Difference(Kind, What, Address + first, Describe(Allowed[first..(last + 1)], ExpectedText), Describe(bytes[first..(last + 1)], Hex));
    }

    private bool IsRight(byte[] bytes, int at) => Allowed[at].IsEmpty || Allowed[at].Contains(bytes[at]);

    private static string Describe<T>(IReadOnlyCollection<T> bytes, Func<T, string> text) =>
        string.Join(' ', bytes.Take(LongestText).Select(text)) + (bytes.Count > LongestText ? " ..." : "");

    private static string ExpectedText(ImmutableArray<byte> allowed) => allowed.IsEmpty ? ".." : string.Join('/', allowed.Select(Hex));

    private static string Hex(byte value) => value.ToString("x2", CultureInfo.InvariantCulture);
}
