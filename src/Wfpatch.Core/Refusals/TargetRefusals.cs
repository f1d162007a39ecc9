// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 6xx: the target process.</summary>
public static class TargetRefusals
{
    public static readonly RefusalKind LibcNotSupported = new("WF601", "libc-not-supported", "The target does not run on a shared glibc: another C library, a static program, or a run-time of its own (Go); or the library is not as the engine needs it.", "Such programs cannot be patched yet.");
    public static readonly RefusalKind WordInUse = new("WF602", "thread-word-in-use", "The spare word of the thread control block that holds a thread's generation is not zero although the target was never patched.", "Something else uses it; such a process cannot be patched.");
    public static readonly RefusalKind SeccompFilter = new("WF603", "seccomp-filter", "The target has a seccomp filter that forbids or punishes the mmap that has to be made in it, or restart_syscall; or one that cannot be read.", "Run wfpatch as root, so that it can read the filter; else restart the program with the fix, or with a filter that allows both calls.");
    public static readonly RefusalKind Traced = new("WF604", "traced", "Another tracer (a debugger, strace) is attached to the target.", "Detach the other tracer and try again.");
    public static readonly RefusalKind ControllerBusy = new("WF605", "controller-busy", "Another wfpatch works on the target at this moment.", "Wait until it has ended.");
    public static readonly RefusalKind JournalVersion = new("WF606", "journal-version", "The target was patched by a wfpatch that writes its state in another format.", "Use that version of wfpatch.");
    public static readonly RefusalKind NotX8664 = new("WF607", "not-x86-64", "The target is not an x86-64 program.", "wfpatch works for 64 bit x86-64 programs alone.");
    public static readonly RefusalKind NoThreadForMapping = new("WF608", "no-thread-to-map", "No thread could be stopped in a system call to map memory in the target.", "Try again.");
    public static readonly RefusalKind NoCodeGap = new("WF609", "no-gap-for-stub", "No loaded object has room behind its code for the few bytes that map the first memory.", "Such a process cannot be patched yet.");
    public static readonly RefusalKind MappingFailed = new("WF610", "mapping-failed", "The kernel did not map memory where it is needed, for instance because a limit of the target is reached.", "Raise the target's limit of address space or locked memory, or try again.");
    public static readonly RefusalKind PlaceTaken = new("WF615", "place-taken", "The target itself mapped memory where memory was to be mapped for the patch, each time anew.", "Try again; with less load, if it persists.");
    public static readonly RefusalKind ObjectNotLoaded = new("WF611", "object-not-loaded", "The program or library that the patch is for is not loaded in the target.", "Check the pid, and that the patch is for this program; for a library that is loaded later, use apply --when-loaded.");
    public static readonly RefusalKind BuildIdDiffers = new("WF612", "build-id-differs", "The loaded program or library has another build-id than the one that the patch was built for.", "Build the patch for the installed version, or restart the program first if it was upgraded.");
    public static readonly RefusalKind WritesForbidden = new("WF613", "writes-forbidden", "The kernel does not let the memory file write into code (proc_mem.force_override).", "Boot with proc_mem.force_override=always or =ptrace.");
    public static readonly RefusalKind CallFailed = new("WF614", "call-failed", "The kernel refused a call on the target of a kind that it takes else: it may be short of memory. Whatever was done before stays, and is in the state.", "Run the same command again, which goes on, or take it back with revert.");
    public static readonly RefusalKind BeingLoaded = new("WF641", "being-loaded", "The library that the patch is for is being loaded: the loader has not filled in all addresses yet.", "Try again.");
    public static readonly RefusalKind LoadedTwice = new("WF642", "loaded-twice", "The library that the patch is for is loaded several times, each with variables and addresses of its own (dlmopen).", "Such a library cannot be patched yet.");
    public static readonly RefusalKind OtherUnwinder = new("WF631", "other-unwinder", "The target has an unwinder that cannot be shown new code, so that an exception would not get through it: a copy of libgcc's that was linked in, or another one.", "Run the program on the shared libgcc_s alone, or change only C code without cleanups.");

    public static readonly RefusalKind PerfMapNotWritten = new("WF632", "perf-map-not-written", "The map for perf could not be written, or one by someone else is there.", "Remove the file if nobody needs it, or use an ELF file (symbols -o).");

    public static readonly RefusalKind AddressSpaceLimit = new("WF661", "address-space-limit", "The target's limit of address space (RLIMIT_AS) leaves no room for the memory that has to be mapped.", "Raise it: prlimit --pid P --as=BYTES.");
    public static readonly RefusalKind LockedMemoryLimit = new("WF662", "locked-memory-limit", "The target keeps all its memory locked, and its limit of locked memory (RLIMIT_MEMLOCK) leaves no room for more.", "Raise it: prlimit --pid P --memlock=BYTES.");
    public static readonly RefusalKind TooManyMappings = new("WF663", "too-many-mappings", "The target has nearly as many mappings as the kernel gives to a process.", "Raise the number: sysctl vm.max_map_count.");
    public static readonly RefusalKind MemoryGroupFull = new("WF664", "memory-group-full", "The target's control group has nearly all the memory that it may have: the pages of a patch might get a process of the group killed.", "Raise the group's limit (memory.max), or free memory.");
    public static readonly RefusalKind FaultsHandled = new("WF665", "userfaultfd", "Page faults of a thread's stack or control block are handled by a program (userfaultfd), so that looking at it may wait for ever.", "Wait until what handles them (a migration, a checkpoint being restored) is over.");
    public static readonly RefusalKind MemoryShared = new("WF666", "memory-shared", "Another process runs in the target's memory (clone with CLONE_VM and without CLONE_THREAD), and its threads would run the changed code without being looked after.", "Such a process cannot be patched.");

    public static readonly RefusalKind DataLimit = new("WF667", "data-limit", "The target's limit of data (RLIMIT_DATA) leaves no room for the new variables of the patch.", "Raise it: prlimit --pid P --data=BYTES.");

    public static readonly RefusalKind ControlBlockShared = new("WF668", "control-block-shared", "A thread runs on the control block of another one (clone without CLONE_SETTLS), and would change its code with that one, wherever it is.", "Such a process cannot be patched while that thread lives.");

    public static readonly ImmutableArray<RefusalKind> All =
    [
        LibcNotSupported, WordInUse, SeccompFilter, Traced, ControllerBusy, JournalVersion, NotX8664, NoThreadForMapping, NoCodeGap, MappingFailed, PlaceTaken, CallFailed,
        ObjectNotLoaded, BuildIdDiffers, WritesForbidden, BeingLoaded, LoadedTwice, OtherUnwinder, PerfMapNotWritten,
        AddressSpaceLimit, LockedMemoryLimit, TooManyMappings, MemoryGroupFull, FaultsHandled, MemoryShared, DataLimit, ControlBlockShared,
    ];
}
