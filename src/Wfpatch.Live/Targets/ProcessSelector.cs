// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>Which processes a command is for; what is given must all fit. Never wfpatch itself, what the kernel runs, or what has ended.</summary>
/// <param name="Name">The file name of its program, or what it calls itself (/proc/PID/comm).</param>
/// <param name="Executable">The full path of its program.</param>
/// <param name="Cgroup">Its control group's path from the root of the hierarchy, or that of one above it (cgroups(7)).</param>
/// <param name="Tree">Itself or an ancestor of it. A process whose parent has ended belongs to another tree; see <see cref="ProcessSearch"/>.</param>
public sealed record ProcessSelector(string? Name = null, string? Executable = null, string? Cgroup = null, int? Tree = null)
{
    private const int KernelThreads = 2;

    public ImmutableArray<int> Find()
    {
        var parents = ReadParents();
        return [.. parents.Keys.Where(id => Fits(id) && (Tree is not { } root || IsBelow(id, root, parents))).Order()];
    }

    /// <summary>All processes but those that are never meant, with their parents.</summary>
    internal static Dictionary<int, int> ReadParents()
    {
        var all = Directory.EnumerateDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Where(id => id > 0 && id != Environment.ProcessId)
            .Select(id => (Id: id, Parent: ParentOf(id)))
            .Where(p => p.Parent >= 0)
            .ToDictionary(p => p.Id, p => p.Parent);
        return all.Where(p => p.Key != KernelThreads && p.Value != KernelThreads).ToDictionary();
    }

    /// <summary>Whether all but the tree fits.</summary>
    internal bool Fits(int process)
    {
        var proc = new ProcFs(process);
        return !proc.HasEnded
            && (Name is null || proc.ReadExecutableName() == Name || proc.ReadThreadName(process) == Name)
            && (Executable is null || proc.ReadExecutable() == Executable)
            && (Cgroup is null || proc.ReadCgroups().Any(g => g == Cgroup || g.StartsWith(Cgroup.TrimEnd('/') + "/", StringComparison.Ordinal)));
    }

    internal static bool IsBelow(int process, int root, Dictionary<int, int> parents)
    {
        // Ids may be given out again while we look: as many steps as there are processes, and no more.
        for (int steps = 0, at = process; steps <= parents.Count; steps++)
        {
            if (at == root)
            {
                return true;
            }
            if (!parents.TryGetValue(at, out at))
            {
                return false;
            }
        }
        return false;
    }

    private static int ParentOf(int process) =>
        int.TryParse(new ProcFs(process).ReadStatus("PPid"), NumberStyles.None, CultureInfo.InvariantCulture, out int parent) ? parent : -1;
}
