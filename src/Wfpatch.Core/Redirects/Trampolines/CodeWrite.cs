// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>Bytes to be put at an address. Where running threads can meet them, it is one byte.</summary>
public readonly record struct CodeWrite(Address Address, byte[] Bytes)
{
    /// <summary>What the write belongs to where it changes code that was loaded by somebody else, and may have been unloaded: then it must still be there.</summary>
    public RedirectPlan? Redirect { get; init; }
}
