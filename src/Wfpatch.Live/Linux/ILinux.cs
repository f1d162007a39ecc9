// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;

namespace Wfpatch.Live.Linux;

/// <summary>
/// Every call by which a controller looks into or changes a target. All of the ptrace calls for one target are made by one
/// OS thread. Calls return an errno, 0 for success; none of them allocates, but where it says so. Tests replace this by one that fails at the N-th call
/// that changes something, or from there on, and by one that kills the controller there.
/// </summary>
public interface ILinux
{
    /// <summary>Reads from a process. Not whole: EFAULT or EIO.</summary>
    int Read(int process, Address address, Span<byte> destination);

    /// <summary>Reads a word of 32 bits from each address; unreadable ones give <paramref name="absent"/>.</summary>
    void ReadWords(int process, ReadOnlySpan<Address> addresses, Span<uint> words, uint absent);

    /// <summary>Opens /proc/PID/mem for reading and writing.</summary>
    (int Descriptor, int Error) OpenMemory(int process);

    void CloseMemory(int descriptor);

    /// <summary>Whether the memory that a memory file was opened for is gone: the process has ended, or has called exec.</summary>
    bool IsGone(int memory);

    /// <summary>Whether <see cref="SerializeProcessors"/> works here: not where a processor may run without its timer (nohz_full), nor
    /// before Linux 4.3.</summary>
    bool CanSerializeProcessors { get; }

    /// <summary>Waits until each processor has been interrupted, idle or switched since the call (membarrier(2),
    /// MEMBARRIER_CMD_GLOBAL): what it fetched of the target's code before, it has forgotten. Nobody is stopped.</summary>
    int SerializeProcessors();

    /// <summary>Whether two processes run in the same memory (kcmp(2), KCMP_VM). False where the kernel does not tell.</summary>
    bool ShareMemory(int one, int two);

    /// <summary>Writes through the memory file, also where the target itself cannot write.</summary>
    int Write(int memory, Address address, ReadOnlySpan<byte> bytes);

    /// <summary>Lets the calling thread run before all ordinary ones, or as it did before that (<see cref="Yielding"/>): while it keeps a thread of the
    /// target stopped, it must not wait for a processor. Without the right to it (CAP_SYS_NICE) nothing happens.</summary>
    void SetUrgent(bool urgent);

    /// <summary>PTRACE_SEIZE: attaches without stopping.</summary>
    int Seize(int thread);

    /// <summary>PTRACE_INTERRUPT.</summary>
    int Interrupt(int thread);

    /// <summary>Waits until the thread stops or ends.</summary>
    int Wait(int thread, out WaitStatus status);

    /// <summary>The same without waiting: EAGAIN where it has neither stopped nor ended.</summary>
    int TryWait(int thread, out WaitStatus status);

    /// <summary>Lets the calling thread sleep.</summary>
    void Pause(int microseconds);

    int GetRegisters(int thread, out UserRegisters registers);

    int SetRegisters(int thread, in UserRegisters registers);

    /// <summary>PTRACE_DETACH: the thread runs on, with <paramref name="signal"/> where it was stopped by that signal's arrival.</summary>
    int Detach(int thread, int signal);

    /// <summary>Whether signals are pending that the thread does not block.</summary>
    bool HasSignal(int thread);

    /// <summary>Whether a descriptor of the process is a socket with a time limit of its own (SO_RCVTIMEO, SO_SNDTIMEO). False where
    /// the kernel does not tell (before 5.6, without pidfd_getfd(2)).</summary>
    bool HasSocketLimit(int process, int descriptor, SocketLimit limit);

    /// <summary>Reads one of a stopped thread's filters of system calls (PTRACE_SECCOMP_GET_FILTER, ptrace(2)): 0 is the newest. ENOENT: it has no more;
    /// EACCES: without CAP_SYS_ADMIN, or with a filter of one's own, nobody reads any.</summary>
    /// <param name="instructions">Room for them, each as eight bytes.</param>
    int ReadFilter(int thread, int index, Span<ulong> instructions, out int length);

    /// <summary>Where the thread registered its list of robust mutexes (get_robust_list(2)): inside its control block. Needs no stop.</summary>
    int GetRobustList(int thread, out Address head);

    // Address-space generations (kernel/, Documentation/mm/wfgen.rst of the series). ENOSYS: the kernel has none.

    /// <summary>wfgen_query(2): the number of the generation that a thread is in.</summary>
    int QueryView(int thread, out int view);

    /// <summary>The generations of a process that can be entered, beside generation 0 (/proc/PID/generations). Not for a time in which a thread is stopped.</summary>
    ImmutableArray<int> ReadViews(int process);

    /// <summary>wfgen_create(2): a new one with the pages of generation 0, its tables filled.</summary>
    int CreateView(int process, out int view);

    /// <summary>wfgen_pin(2): whole pages that may differ from now on.</summary>
    int PinForViews(int process, AddressRange pages);

    /// <summary>wfgen_write(2). Not whole: EIO.</summary>
    int WriteView(int process, int view, Address address, ReadOnlySpan<byte> bytes);

    /// <summary>wfgen_migrate(2). EBUSY: the thread is stopped outside of a system call.</summary>
    int MoveToView(int thread, int view);

    /// <summary>wfgen_migrate(2) with WFGEN_MIGRATE_ALL: all threads of a process, each of which the calling thread has stopped in a system call, or none. EAGAIN: one is not
    /// stopped; EBUSY: one is, outside of a system call. Allocates nothing.</summary>
    int MoveAllToView(int process, int view);

    /// <summary>wfgen_delete(2).</summary>
    int DeleteView(int process, int view);
}
