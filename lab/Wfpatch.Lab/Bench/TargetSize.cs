// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Bench;

/// <summary>What of a process a patch adds to.</summary>
internal readonly record struct TargetSize(long CodeKiB, long PageTablesKiB, long MappedKiB)
{
    internal long ResidentKiB => CodeKiB + PageTablesKiB;

    internal static TargetSize Of(int pid) => new(ProcessMemory.OwnCodeKiB(pid), ProcessMemory.PageTablesKiB(pid), ProcessMemory.MappedKiB(pid));

    public static TargetSize operator -(TargetSize left, TargetSize right) =>
        new(left.CodeKiB - right.CodeKiB, left.PageTablesKiB - right.PageTablesKiB, left.MappedKiB - right.MappedKiB);
}
