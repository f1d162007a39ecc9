// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Audits;

/// <summary>What must be at an address of a patched target.</summary>
/// <param name="Kind">The code by which it is reported where it is not so.</param>
/// <param name="What">What it is, in words: "trampoline of NAME".</param>
public abstract record Expectation(RefusalKind Kind, string What, Address Address)
{
    /// <summary>Null where it is as it must be.</summary>
    public abstract Difference? Compare(IMemory memory);

    protected Difference Unreadable(string expected) => new(Kind, What, Address, expected, "nothing that can be read");
}
