// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects.Trampolines;

namespace Wfpatch.Live.Backends;

/// <summary>Everything that one transition will do, decided and checked before the first write.</summary>
/// <param name="NewRegions">Regions that must be mapped first, in this order; empty where there is room. The first one of a target also becomes its journal.</param>
/// <param name="NewPages">Trampoline pages to be mapped.</param>
/// <param name="Reserved">The state to journal before the pages are mapped: what was there, and the pages.</param>
/// <param name="Open">The state with the open transition.</param>
/// <param name="Code">New code and new trampolines: nothing leads to them yet.</param>
/// <param name="IsFirst">Whether the target has no journal yet.</param>
public sealed record BackendPlan(
    ImmutableArray<AddressRange> NewRegions, bool IsFirst, ImmutableArray<Address> NewPages, TargetState Reserved, TargetState Open, ImmutableArray<CodeWrite> Code)
{
    /// <summary>Bytes of memory that the target will hold more, whole pages: new code and trampolines (the journal apart).</summary>
    public long BytesAdded { get; init; }
}
