// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Matching;

/// <summary>A place where a function of the running program stands: its current version's code, and the entry that callers use.</summary>
/// <param name="Code">The code as it is now; for a function that an earlier patch replaced: the new code.</param>
/// <param name="Entry">The original entry: equal to <c>Code.Start</c> but for replaced functions.</param>
public readonly record struct RunningFunction(AddressRange Code, Address Entry);

/// <param name="OldFunction">Index in the patch's OldFunctions.</param>
public readonly record struct MatchedFunction(int OldFunction, RunningFunction Running);

/// <summary>What the run-pre match found: where every old function stands, and what its holes say of the symbols.</summary>
/// <param name="SymbolValues">Symbol index to value: an address, or for a thread-local variable its offset from the thread pointer.</param>
public sealed record Match(ImmutableArray<MatchedFunction> Functions, ImmutableDictionary<int, ulong> SymbolValues)
{
    /// <summary>Thread-local variables that the running code finds by module and offset, by symbol index.</summary>
    public ImmutableDictionary<int, ThreadPlace> ThreadPlaces { get; init; } = ImmutableDictionary<int, ThreadPlace>.Empty;
}
