// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Obstacles;

/// <summary>What is known of a process that may not be traced.</summary>
/// <param name="Its">Its real, effective and saved user ids.</param>
/// <param name="Ours">Those of wfpatch.</param>
/// <param name="MayTrace">Whether wfpatch has CAP_SYS_PTRACE.</param>
/// <param name="Scope">kernel.yama.ptrace_scope (Documentation/admin-guide/LSM/Yama.rst); null: the kernel has no Yama.</param>
public readonly record struct AccessFacts(ImmutableArray<string> Its, ImmutableArray<string> Ours, bool MayTrace, int? Scope);

/// <summary>Says why the kernel does not let us look into a process (ptrace(2), "Ptrace access mode checking"), as far as that can be seen from outside.</summary>
public static class AccessDenial
{
    /// <summary>CAP_SYS_PTRACE, linux/capability.h.</summary>
    private const int MayTrace = 19;

    /// <summary>A clause for "You may not change process N: ...".</summary>
    public static string Describe(int process)
    {
        var (its, ours) = (new ProcFs(process), new ProcFs(Environment.ProcessId));
        return Explain(new AccessFacts(IdsOf(its), IdsOf(ours), HasCapability(ours, MayTrace), (int?)MemoryGroup.ReadNumber("/proc/sys/kernel/yama/ptrace_scope")));
    }

    /// <summary>The decision of <see cref="Describe"/>: of several reasons the one that stands first in the kernel's way.</summary>
    public static string Explain(AccessFacts facts)
    {
        if (facts.Scope == 3)
        {
            return "Yama forbids all tracing (kernel.yama.ptrace_scope is 3)";
        }
        bool isRoot = facts.Ours is ["0", ..];
        if (isRoot && !facts.MayTrace)
        {
            return "wfpatch lacks the capability CAP_SYS_PTRACE, as in a container that was not given it";
        }
        if (facts.MayTrace)
        {
            return "it belongs to another user namespace, or a security module forbids it";
        }
        if (facts.Its.Distinct().Count() > 1)
        {
            return "it is a setuid program: it runs with the rights of another user than the one who started it";
        }
        if (!facts.Its.SequenceEqual(facts.Ours))
        {
            return "it belongs to another user";
        }
        return facts.Scope switch
        {
            1 => "Yama lets only its own ancestors and root trace it (kernel.yama.ptrace_scope is 1)",
            > 1 and var scope => $"Yama lets only root trace it (kernel.yama.ptrace_scope is {scope})",
            _ => "it is not dumpable (a setuid program, one that changed its user, or one that asked for it with PR_SET_DUMPABLE), or has capabilities that you lack",
        };
    }

    // Real, effective, saved.
    private static ImmutableArray<string> IdsOf(ProcFs proc) => [.. (proc.ReadStatus("Uid") ?? "").Split('\t').Take(3)];

    private static bool HasCapability(ProcFs proc, int capability) =>
        proc.ReadStatus("CapEff") is { } set && ulong.TryParse(set, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits) && (bits & (1UL << capability)) != 0;
}
