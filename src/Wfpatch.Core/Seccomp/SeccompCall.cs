// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Seccomp;

/// <summary>
/// A system call as a filter sees it (struct seccomp_data, linux/seccomp.h: number, architecture, instruction pointer, six
/// arguments; 64 bytes). What is not known beforehand is null: a filter must allow the call whatever it is. The place that a call is made
/// from is never known.
/// </summary>
/// <param name="Arguments">Six.</param>
public sealed record SeccompCall(long Number, ImmutableArray<ulong?> Arguments)
{
    public const int Length = 64;
    public const int NumberOffset = 0, ArchitectureOffset = 4, PointerOffset = 8, ArgumentsOffset = 16;

    /// <summary>AUDIT_ARCH_X86_64, linux/audit.h.</summary>
    public const uint Architecture = 0xc000003e;

    /// <summary>restart_syscall(2), which the kernel makes for a thread that was stopped in poll, nanosleep or futex with a time limit.</summary>
    public static SeccompCall Restart { get; } = new(219, [null, null, null, null, null, null]);

    /// <summary>The mmap that is made in the target, wherever and however much (SyscallStub.MapExecutable).</summary>
    public static SeccompCall MapExecutable { get; } = Of(X86.SyscallStub.MapExecutable(default)) is var call
        ? call with { Arguments = call.Arguments.SetItem(0, null).SetItem(1, null) }
        : null!;

    public static SeccompCall Of(X86.SyscallRequest request) =>
        new((long)request.Number, [.. request.Arguments.Select(a => (ulong?)a).Concat(Enumerable.Repeat((ulong?)0, 6)).Take(6)]);

    /// <summary>A 32 bit word of the structure; null where it is not known.</summary>
    /// <param name="offset">A multiple of four below <see cref="Length"/>.</param>
    public uint? Word(uint offset) => offset switch
    {
        NumberOffset => (uint)Number,
        ArchitectureOffset => Architecture,
        < ArgumentsOffset => null,
        _ => Arguments[(int)(offset - ArgumentsOffset) / 8] is { } value ? (uint)(value >> (offset % 8 == 0 ? 0 : 32)) : null,
    };
}
