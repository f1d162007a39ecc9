// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Wfpatch.Live.Linux;

/// <summary>The calls into the C library. Only <see cref="NativeLinux"/> names them.</summary>
internal static unsafe partial class NativeMethods
{
    // sys/ptrace.h
    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    public static partial nint Ptrace(int request, int thread, nint address, nint data);

    // sys/wait.h
    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitPid(int thread, int* status, int options);

    // fcntl.h
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    public static partial int Open(byte* path, int flags);

    // unistd.h
    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    public static partial nint PRead(int descriptor, void* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static partial nint PWrite(int descriptor, void* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true)]
    public static partial nint ReadLink(byte* path, byte* target, nuint length);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint Syscall(nint number, nint first, void* second, void* third);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint Syscall(nint number, nint first, nint second, nint third, nint fourth, nint fifth);

    [LibraryImport("libc", EntryPoint = "usleep")]
    public static partial int USleep(uint microseconds);

    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int GetTid();

    // sched.h
    [LibraryImport("libc", EntryPoint = "sched_yield")]
    public static partial int SchedYield();

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static partial int SchedGetAffinity(int thread, nuint size, byte* processors);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SchedSetAffinity(int thread, nuint size, byte* processors);

    /// <summary>The processors that the calling thread may run on, as a set of bits; null where they cannot be told.</summary>
    public static byte[]? GetAffinity()
    {
        const int MostProcessors = 8192;
        var processors = new byte[MostProcessors / 8];
        fixed (byte* set = processors)
        {
            return SchedGetAffinity(0, (nuint)processors.Length, set) == 0 ? processors : null;
        }
    }

    public static bool SetAffinity(byte[] processors)
    {
        fixed (byte* set = processors)
        {
            return SchedSetAffinity(0, (nuint)processors.Length, set) == 0;
        }
    }

    /// <summary>Has the calling thread run on one processor alone; false where it may not.</summary>
    public static bool SetAffinity(int processor)
    {
        var one = new byte[(processor / 8) + sizeof(ulong)];
        one[processor / 8] = (byte)(1 << (processor % 8));
        return SetAffinity(one);
    }

    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    public static partial int SchedSetScheduler(int thread, int policy, int* parameter);

    [LibraryImport("libc", EntryPoint = "sched_getscheduler", SetLastError = true)]
    public static partial int SchedGetScheduler(int thread);

    // signal.h
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    // sys/uio.h
    [StructLayout(LayoutKind.Sequential)]
    public struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    [LibraryImport("libc", EntryPoint = "process_vm_readv", SetLastError = true)]
    public static partial nint ProcessVmReadV(int process, IoVector* local, nuint localCount, IoVector* remote, nuint remoteCount, nuint flags);

    // sys/socket.h
    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int socket, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    public static partial int Listen(int socket, int backlog);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    public static partial int Shutdown(int socket, int how);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int socket, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetSocketOption(int socket, int level, int option, void* value, uint* length);
}
