// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace Wfpatch.Lab.Bench;

/// <summary>Sizes of a process from /proc/PID/status (proc(5)), in KiB.</summary>
internal static class ProcessMemory
{
    /// <summary>All mappings.</summary>
    internal static long MappedKiB(int pid) => Field(pid, "VmSize:");

    internal static long ResidentKiB(int pid) => Field(pid, "VmRSS:");

    private static long Field(int pid, string name) => long.Parse(
        File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(),
        CultureInfo.InvariantCulture);
}
