// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace Wfpatch.Lab.Bench;

/// <summary>Sizes of a process from /proc/PID/status and /proc/PID/smaps (proc(5)), in KiB.</summary>
internal static class ProcessMemory
{
    /// <summary>All mappings.</summary>
    internal static long MappedKiB(int pid) => Field(pid, "VmSize:");

    /// <summary>Page tables.</summary>
    internal static long PageTablesKiB(int pid) => Field(pid, "VmPTE:");

    /// <summary>Pages of code that are this process's own: anonymous ones, and those of files that it has written to.</summary>
    internal static long OwnCodeKiB(int pid)
    {
        long sum = 0;
        bool code = false;
        foreach (string line in File.ReadLines($"/proc/{pid}/smaps"))
        {
            // A mapping's head is "55d0-55d1 r-xp 0000 00:00 0 NAME"; of the lines below it we need "Private_Dirty: N kB".
            string[] words = line.Split(' ', 3);
            if (!words[0].EndsWith(':'))
            {
                code = words[1] == "r-xp";
            }
            else if (code && words[0] == "Private_Dirty:")
            {
                sum += KiB(line["Private_Dirty:".Length..]);
            }
        }
        return sum;
    }

    private static long Field(int pid, string name) =>
        KiB(File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..]);

    private static long KiB(string value) => long.Parse(value.Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
}
