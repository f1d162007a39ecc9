// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Audits;

/// <summary>Something in a patched target that is not as it must be: nobody of ours has changed it.</summary>
/// <param name="What">What it is, in words, without the address.</param>
/// <param name="Address">Of the first byte that differs.</param>
/// <param name="Expected">Bytes in hexadecimal (.. any, a/b either), a checksum, or the rights of a mapping.</param>
/// <param name="Found">The same; in words where there is nothing.</param>
public sealed record Difference(RefusalKind Kind, string What, Address Address, string Expected, string Found)
{
    public Refusal ToRefusal() => Kind.About(What, $"The {What} was changed by someone else at {Address}: expected {Expected}, found {Found}.");
}
