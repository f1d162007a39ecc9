// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace Wfpatch.Live.Tests.Memcached;

/// <summary>What a process holds of memory: resident and mapped KiB, and its mappings (proc(5): smaps_rollup, status, maps).</summary>
public readonly record struct Footprint(long RssKiB, long VmSizeKiB, int Mappings)
{
    public static Footprint Of(int process) => new(
        Field($"/proc/{process}/smaps_rollup", "Rss:"), Field($"/proc/{process}/status", "VmSize:"), File.ReadLines($"/proc/{process}/maps").Count());

    private static long Field(string file, string name) => long.Parse(
        File.ReadLines(file).Single(l => l.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(),
        CultureInfo.InvariantCulture);
}
