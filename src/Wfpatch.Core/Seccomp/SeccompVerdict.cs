// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace Wfpatch.Core.Seccomp;

/// <summary>What a filter answers (SECCOMP_RET_*, linux/seccomp.h).</summary>
/// <param name="Value">The action in the upper half, its data in the lower. Null: it cannot be told.</param>
public readonly record struct SeccompVerdict(uint? Value)
{
    private const uint ActionMask = 0xffff0000;
    private const uint KillProcess = 0x80000000, KillThread = 0, Trap = 0x00030000, Error = 0x00050000, Notify = 0x7fc00000, Trace = 0x7ff00000;

    public const uint Log = 0x7ffc0000, Allow = 0x7fff0000;

    public static readonly SeccompVerdict Unknown = new(null);

    public bool IsAllowed => Value is { } value && (value & ActionMask) is Allow or Log;

    /// <summary>Of several filters the strictest answer counts: the kernel compares actions as signed numbers. What cannot be told is stricter than all.</summary>
    public bool IsStricterThan(SeccompVerdict other) => Value is not { } mine
        ? other.Value is not null
        : other.Value is { } its && (int)(mine & ActionMask) < (int)(its & ActionMask);

    /// <summary>Completing "the filter ...".</summary>
    public override string ToString() => Value is not { } value ? "cannot be evaluated for it" : (value & ActionMask) switch
    {
        KillProcess => "ends the process for it",
        KillThread => "ends the thread for it",
        Trap => "answers it with a signal (SIGSYS)",
        Error => string.Create(CultureInfo.InvariantCulture, $"answers it with errno {value & 0xffff}"),
        Notify => "asks another process about it",
        Trace => "asks a tracer about it",
        Allow or Log => "allows it",
        _ => "ends the process for it", // what the kernel does not know
    };
}
