// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 620 to 639: what somebody else changed in a patched target (Audits).</summary>
public static class AuditRefusals
{
    public static readonly RefusalKind EntryChanged = new("WF620", "entry-changed", "The first instruction of a redirected function, of a hook or of a guard is not what the state says.", "Find out who else changes the process's code; restart the program with the fix.");
    public static readonly RefusalKind TrampolineChanged = new("WF621", "trampoline-changed", "A trampoline is not what the state says.", "Find out who else changes the process's code; restart the program with the fix.");
    public static readonly RefusalKind NewCodeChanged = new("WF622", "new-code-changed", "The new code of a patch does not have the checksum that it was written with.", "Find out who else changes the process's code; restart the program with the fix.");
    public static readonly RefusalKind FunctionChanged = new("WF623", "function-changed", "The code of a redirected or hooked function, its entry apart, differs from the file that it was loaded from.", "Find out who else changes the process's code, for instance a debugger with a breakpoint.");
    public static readonly RefusalKind MemoryChanged = new("WF624", "memory-changed", "Memory that was mapped for new code, trampolines or the state is gone, or has other rights.", "Find out who else changes the process's mappings; restart the program with the fix.");
    public static readonly RefusalKind StateDamaged = new("WF625", "state-damaged", "A copy of the state in the target does not fit its checksum, and no killed wfpatch can have left it so; or the newest one is whole and cannot be right.", "Find out who else writes into the process; if the other copy is whole, the next apply or revert writes this one anew.");
    public static readonly ImmutableArray<RefusalKind> All = [EntryChanged, TrampolineChanged, NewCodeChanged, FunctionChanged, MemoryChanged, StateDamaged];
}
