// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Obstacles;

/// <summary>
/// Looks for a memory control group at its limit, the process's own or one above it (Documentation/admin-guide/cgroup-v2.rst, "memory", and
/// cgroup-v1/memory.rst). What the kernel takes back before it kills counts as room: pages of files, and what can be swapped out.
/// </summary>
public static class MemoryGroup
{
    public sealed record Full(string Path, ulong Limit, ulong Room);

    private sealed record Files(string Limit, string Usage, string[] Reclaimable, string SwapLimit, string SwapUsage);

    private static readonly Files Unified = new("memory.max", "memory.current", ["inactive_file", "active_file", "slab_reclaimable"], "memory.swap.max", "memory.swap.current");
    private static readonly Files Legacy = new("memory.limit_in_bytes", "memory.usage_in_bytes", ["total_inactive_file", "total_active_file"], "memory.memsw.limit_in_bytes", "memory.memsw.usage_in_bytes");

    /// <summary>A group that has less room than <paramref name="needed"/> bytes; null where there is none, or none can be seen.</summary>
    public static Full? FindFull(ProcFs proc, ulong needed) => FindFull(proc.ReadCgroupOf("memory"), needed, ReadText);

    /// <param name="own">The control group of the process.</param>
    /// <param name="read">Reads a file; null where there is none. The mounts are those of /proc/self/mountinfo.</param>
    public static Full? FindFull((string Path, bool IsUnified)? own, ulong needed, Func<string, string?> read)
    {
        if (own is not { } group || FindMount(group.IsUnified, read) is not { } mount)
        {
            return null;
        }
        var files = group.IsUnified ? Unified : Legacy;
        string path = mount.Root.Length > 1 && group.Path.StartsWith(mount.Root, StringComparison.Ordinal) ? group.Path[mount.Root.Length..] : group.Path;
        for (; ; path = Path.GetDirectoryName(path) ?? "/")
        {
            string folder = Path.Join(mount.Folder, path);
            if (Read(folder, files, path, read) is { } full && full.Room < needed)
            {
                return full;
            }
            if (path.Length <= 1)
            {
                return null;
            }
        }
    }

    /// <summary>A file that holds one number; null where there is none, or it says "max".</summary>
    public static ulong? ReadNumber(string file) => ToNumber(ReadText(file));

    private static ulong? ToNumber(string? text) => ulong.TryParse(text?.Trim(), CultureInfo.InvariantCulture, out ulong number) ? number : null;

    private static Full? Read(string folder, Files files, string path, Func<string, string?> read)
    {
        if (ToNumber(read(Path.Join(folder, files.Limit))) is not { } limit || ToNumber(read(Path.Join(folder, files.Usage))) is not { } usage)
        {
            return null;
        }
        var statistics = (read(Path.Join(folder, "memory.stat")) ?? "").Split('\n').Select(l => l.Split(' ')).Where(p => p.Length == 2);
        ulong reclaimable = statistics.Where(p => files.Reclaimable.Contains(p[0])).Aggregate(0UL, (sum, p) => sum + ulong.Parse(p[1], CultureInfo.InvariantCulture));
        ulong used = usage > reclaimable ? usage - reclaimable : 0;
        return new Full(path, limit, (limit > used ? limit - used : 0) + SwapRoom(folder, files, read));
    }

    private static ulong SwapRoom(string folder, Files files, Func<string, string?> read)
    {
        string? line = (read("/proc/meminfo") ?? "").Split('\n').FirstOrDefault(l => l.StartsWith("SwapFree:", StringComparison.Ordinal));
        ulong free = line is not null && ulong.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture, out ulong kilobytes) ? kilobytes * 1024 : 0;
        ulong own = ToNumber(read(Path.Join(folder, files.SwapLimit))) is { } limit && ToNumber(read(Path.Join(folder, files.SwapUsage))) is { } usage
            ? (limit > usage ? limit - usage : 0)
            : ulong.MaxValue;
        return Math.Min(free, own);
    }

    /// <summary>Where the hierarchy is mounted, and which of its groups that shows (mountinfo, proc(5)).</summary>
    private static (string Folder, string Root)? FindMount(bool isUnified, Func<string, string?> read)
    {
        foreach (string line in (read("/proc/self/mountinfo") ?? "").Split('\n'))
        {
            string[] halves = line.Split(" - ", 2);
            if (halves is [var place, var system] && place.Split(' ') is { Length: > 4 } fields && system.Split(' ') is [var type, _, var options])
            {
                if (isUnified ? type == "cgroup2" : type == "cgroup" && options.Split(',').Contains("memory"))
                {
                    return (fields[4], fields[3]);
                }
            }
        }
        return null;
    }

    private static string? ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
