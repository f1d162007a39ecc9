// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 5xx: linking the new code for one process.</summary>
public static class LinkRefusals
{
    public static readonly RefusalKind UnresolvedSymbol = new("WF501", "unresolved-symbol", "The new code needs a symbol that neither the run-pre match nor the loaded objects give.", "Build the patch with an old function as anchor that uses the symbol, or load the library that defines it.");
    public static readonly RefusalKind OutOfRange = new("WF502", "out-of-range", "The new code lies too far from what it refers to for the 32-bit field that it uses.", "Compile the new code with -fPIC, so that it goes through a table of addresses.");
    public static readonly RefusalKind UnsupportedRelocation = new("WF503", "unsupported-relocation", "The new code has a kind of relocation that the linker cannot carry out.", "Compile the new code with -fPIC, and with -ftls-model=initial-exec where it is about thread-local variables.");
    public static readonly RefusalKind MalformedNewCode = new("WF504", "malformed-new-code", "The new code of the patch contradicts itself: a relocation or symbol lies outside its section or table.", "Build the patch again.");
    public static readonly RefusalKind UnwindTableDamaged = new("WF505", "unwind-table-damaged", "The unwind table of the new code is no sequence of whole entries.", "Build the patch again.");
    public static readonly RefusalKind ImageTooLarge = new("WF506", "image-too-large", "The new code is larger than what can be placed within reach of the program.", "Split the patch.");

    public static readonly ImmutableArray<RefusalKind> All =
    [
        UnresolvedSymbol, OutOfRange, UnsupportedRelocation, MalformedNewCode, UnwindTableDamaged, ImageTooLarge,
    ];
}
