// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Backends;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Obstacles;

/// <summary>
/// Whether a target may have the memory that a plan needs. RLIMIT_DATA and overcommitment count writable private memory alone: pages with new
/// variables, and nothing else of ours. RLIMIT_CORE and RLIMIT_STACK say nothing about mappings.
/// </summary>
public sealed class ResourceObstacles(Target target, BackendPlan plan)
{
    /// <summary>CAP_IPC_LOCK, linux/capability.h.</summary>
    private const int MayLock = 14;

    private readonly string _subject = $"process {target.Process}";
    private readonly ulong _mapped = (ulong)plan.NewRegions.Sum(r => (long)r.Length) + ((ulong)plan.NewPages.Length * Address.PageSize);

    public IEnumerable<Refusal> Find() =>
        new[] { FindAddressSpace(), FindData(), FindLockedMemory(), FindMappings(), FindMemoryGroup() }.OfType<Refusal>();

    private Refusal? FindAddressSpace() =>
        _mapped > 0 && target.Proc.ReadLimit("Max address space") is { } limit && target.Proc.ReadSize("VmSize") is var used && used + _mapped > limit
            ? TargetRefusals.AddressSpaceLimit.About(_subject, $"{_subject} may have {limit} bytes of address space and has {used}; the patch needs {_mapped} more.")
            : null;

    // The kernel compares with VmData (may_expand_vm). A soft limit of 0 means the hard one there, which is left to the kernel.
    private Refusal? FindData()
    {
        ulong data = (ulong)plan.Reserved.DataPages.Where(p => !target.Mappings.Any(m => m.Range.Contains(p) && TargetJournal.MayBeData(m))).Sum(p => (long)p.Length);
        return data > 0 && target.Proc.ReadLimit("Max data size") is > 0 and var limit && target.Proc.ReadSize("VmData") is var used && used + data > limit
            ? TargetRefusals.DataLimit.About(_subject, $"{_subject} may have {limit} bytes of data and has {used}; the new variables of the patch need {data} more.")
            : null;
    }

    // mlockall(2): with MCL_FUTURE each new mapping is locked, and fails where the limit is reached. The kernel does not show that flag: a target
    // all of whose stacks and heap are locked is taken to have it.
    private Refusal? FindLockedMemory()
    {
        ulong locked = _mapped == 0 ? 0 : target.Proc.ReadSize("VmLck");
        if (locked == 0 || target.Proc.ReadLimit("Max locked memory") is not { } limit || locked + _mapped <= limit || HasCapability(MayLock))
        {
            return null;
        }
        var writable = target.Mappings.Where(m => m.IsWritable && m.IsPrivate && !m.IsFile).Select(m => m.Range).ToHashSet();
        return target.Proc.ReadMappingFlags().Where(m => writable.Contains(m.Range)).All(m => m.Flags.Contains("lo"))
            ? TargetRefusals.LockedMemoryLimit.About(_subject, $"{_subject} keeps all its memory locked, {locked} bytes of {limit} that it may; the patch needs {_mapped} more.")
            : null;
    }

    private bool HasCapability(int capability) =>
        target.Proc.ReadStatus("CapEff") is { } set && ulong.TryParse(set, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits) && (bits & (1UL << capability)) != 0;

    private Refusal? FindMappings()
    {
        int more = plan.NewPages.Length + plan.NewRegions.Length;
        return more > 0 && MemoryGroup.ReadNumber("/proc/sys/vm/max_map_count") is { } most && (ulong)(target.Mappings.Length + more) > most
            ? TargetRefusals.TooManyMappings.About(_subject, $"{_subject} has {target.Mappings.Length} mappings of {most} that the kernel gives to a process; the patch needs up to {more} more.")
            : null;
    }

    private Refusal? FindMemoryGroup()
    {
        // Each page that is written may need page tables of its own, the first one of a program's code a copy.
        const ulong Margin = 256 << 10, PagesForOne = 3;
        ulong written = (ulong)plan.Code.Select(w => w.Address.PageStart).Distinct().Count() + (ulong)plan.Open.Redirects.Length + (ulong)plan.Open.Entries.Length + (ulong)plan.Open.Hooks.Length;
        ulong needed = (written * PagesForOne * Address.PageSize) + Margin;
        return MemoryGroup.FindFull(target.Proc, needed) is { } full
            ? TargetRefusals.MemoryGroupFull.About(_subject, $"The control group {full.Path} of {_subject} has {full.Room} bytes left of the {full.Limit} that it may have; the patch may need {needed}.")
            : null;
    }
}
