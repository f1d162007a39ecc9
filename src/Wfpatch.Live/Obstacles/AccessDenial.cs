// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Obstacles;

/// <summary>Says why the kernel does not let us look into a process (ptrace(2), "Ptrace access mode checking"), as far as that can be seen from outside.</summary>
public static class AccessDenial
{
    /// <summary>CAP_SYS_PTRACE, linux/capability.h.</summary>
    private const int MayTrace = 19;

    /// <summary>A clause for "You may not change process N: ...".</summary>
    public static string Describe(int process)
    {
        var (its, ours) = (new ProcFs(process), new ProcFs(Environment.ProcessId));
        bool isRoot = IdOf(ours, "Uid") == "0";
        if (isRoot && !HasCapability(ours, MayTrace))
        {
            return "wfpatch lacks the capability CAP_SYS_PTRACE, as in a container that was not given it";
        }
        if (ReadScope() is "3")
        {
            return "Yama forbids all tracing (kernel.yama.ptrace_scope is 3)";
        }
        if (isRoot)
        {
            return "it belongs to another user namespace, or a security module forbids it";
        }
        if (IdOf(its, "Uid") != IdOf(ours, "Uid"))
        {
            return "it belongs to another user";
        }
        return ReadScope() is { } scope and not "0" ? $"Yama lets only root trace it (kernel.yama.ptrace_scope is {scope})"
            : "it is not dumpable (a setuid program, one that changed its user, or one that asked for it with PR_SET_DUMPABLE), or has capabilities that you lack";
    }

    // Effective, real, saved: the ids must all be ours; one that differs is reason enough.
    private static string? IdOf(ProcFs proc, string field) => proc.ReadStatus(field)?.Split('\t') is { Length: >= 3 } ids && ids.Take(3).Distinct().Count() == 1 ? ids[0] : "mixed";

    private static bool HasCapability(ProcFs proc, int capability) =>
        proc.ReadStatus("CapEff") is { } set && ulong.TryParse(set, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits) && (bits & (1UL << capability)) != 0;

    private static string? ReadScope() => MemoryGroup.ReadNumber("/proc/sys/kernel/yama/ptrace_scope")?.ToString(CultureInfo.InvariantCulture);
}
