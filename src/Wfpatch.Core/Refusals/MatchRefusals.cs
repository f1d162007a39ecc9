// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 3xx: run-pre match, the patch against the running bytes.</summary>
public static class MatchRefusals
{
    public static readonly RefusalKind FunctionNotFound = new("WF301", "function-not-found", "No function of the running program has the code that the patch was built against.", "Build the patch from the source and with the flags and compiler of the installed program.");
    public static readonly RefusalKind FunctionAmbiguous = new("WF302", "function-ambiguous", "Several functions of the running program have the code of the old function, and nothing tells which one it is.", "Build the patch with more of the unit's functions as anchors: one that calls the function, or that it calls.");
    public static readonly RefusalKind SymbolContradiction = new("WF303", "symbol-contradiction", "Two places of the running program give different values to one symbol.", "Build the patch from the source and with the flags and compiler of the installed program.");
    public static readonly RefusalKind ConstantDiffers = new("WF304", "constant-differs", "The code is as expected, but a string or literal that it uses is another one.", "Build the patch from the source of the installed program.");
    public static readonly RefusalKind ImportDiffers = new("WF305", "import-differs", "The code is as expected, but it uses another imported function or variable.", "Build the patch from the source of the installed program.");
    public static readonly RefusalKind UnsupportedOldRelocation = new("WF306", "unsupported-old-relocation", "The old code has a kind of relocation that the match cannot solve.", "Leave the function out of the patch, or build it with -ftls-model=initial-exec where it is about thread-local variables.");
    public static readonly RefusalKind MalformedOldCode = new("WF307", "malformed-old-code", "The old code of the patch contradicts itself: a relocation or symbol lies outside its function or table.", "Build the patch again.");
    public static readonly RefusalKind ProgramUnreadable = new("WF308", "program-unreadable", "No code of the running program can be read.", "Check that the process still runs and that you may trace it.");

    public static readonly ImmutableArray<RefusalKind> All =
    [
        FunctionNotFound, FunctionAmbiguous, SymbolContradiction, ConstantDiffers, ImportDiffers, UnsupportedOldRelocation, MalformedOldCode, ProgramUnreadable,
    ];
}
