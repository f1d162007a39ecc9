// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects;

/// <summary>A function's entry as the planner sees it.</summary>
/// <param name="Code">Bytes from the entry on, at least <see cref="CodeBytes"/>: they may reach past a short function's end.</param>
/// <param name="Places">Where all of its trampoline must lie to reach the function and the new code.</param>
public sealed record EntryCode(Address Entry, ReadOnlyMemory<byte> Code, int FirstLength, AddressRange Places)
{
    /// <summary>The longest first instruction, and the displacement of a jump in its last byte.</summary>
    public const int CodeBytes = X86.CodeReader.LongestInstruction + 5;

    /// <summary>The first address behind the entry that the function branches to, within its first instruction. The bytes from there on
    /// must stay. Null: none.</summary>
    public Address? FirstTarget { get; init; }
}

/// <summary>One way of making a jump out of a first instruction.</summary>
public interface IRedirectTactic
{
    string Name { get; }

    /// <summary>All plans that this tactic finds; none where it does not apply.</summary>
    IEnumerable<RedirectPlan> Plan(EntryCode entry, AddressSpaceMap space, int trampolineLength);
}
