// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Text;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;

namespace Wfpatch.Live.Linux;

/// <summary>The few files of proc(5) that are read while threads are held. Nothing is allocated.</summary>
public static unsafe class QuietProcFs
{
    private const int ReadOnlyCloseOnExec = 0x80000, Folder = 0x10000, PathRoom = 64;

    /// <summary>Lists the threads of a process.</summary>
    /// <returns>How many there are, also where <paramref name="ids"/> has no room for all; 0: it has ended.</returns>
    public static int ReadThreads(int process, Span<int> ids)
    {
        const int SysGetDents64 = 217, Room = 8192, LengthAt = 16, NameAt = 19; // struct linux_dirent64, getdents(2)
        byte* path = stackalloc byte[PathRoom];
        WritePath(new Span<byte>(path, PathRoom), process, 0, ""u8);
        int folder = NativeMethods.Open(path, ReadOnlyCloseOnExec | Folder);
        if (folder < 0)
        {
            return 0;
        }
        byte* entries = stackalloc byte[Room];
        int count = 0;
        nint length;
        while ((length = NativeMethods.Syscall(SysGetDents64, folder, entries, (void*)Room)) > 0)
        {
            for (nint at = 0; at < length; at += *(ushort*)(entries + at + LengthAt))
            {
                if (Utf8Parser.TryParse(new ReadOnlySpan<byte>(entries + at + NameAt, (int)(length - at - NameAt)), out int id, out _))
                {
                    if (count < ids.Length)
                    {
                        ids[count] = id;
                    }
                    count++;
                }
            }
        }
        _ = NativeMethods.Close(folder);
        return count;
    }

    /// <summary>The state letter of a thread, and how often it has gone to sleep by itself: as long as that is the same, it sleeps the same sleep.</summary>
    public static bool TryReadState(int process, int thread, out byte state, out long sleeps)
    {
        const int Room = 4096;
        byte* buffer = stackalloc byte[Room];
        byte* path = stackalloc byte[PathRoom];
        WritePath(new Span<byte>(path, PathRoom), process, thread, "/status"u8);
        var text = Read(path, new Span<byte>(buffer, Room));
        int at = text.IndexOf("\nState:\t"u8);
        state = at < 0 ? (byte)0 : text[at + 8];
        sleeps = FieldOf(text, "\nvoluntary_ctxt_switches:\t"u8);
        return state != 0;
    }

    /// <summary>How often a thread has been given a processor (proc_pid_schedstat(5), the third number): as long as that is the same, it has not run.
    /// 0: not known, the thread has ended or the kernel does not count (CONFIG_SCHED_INFO).</summary>
    public static long ReadRuns(int process, int thread)
    {
        const int Room = 128;
        byte* buffer = stackalloc byte[Room];
        byte* path = stackalloc byte[PathRoom];
        WritePath(new Span<byte>(path, PathRoom), process, thread, "/schedstat"u8);
        var text = Read(path, new Span<byte>(buffer, Room));
        int at = text.LastIndexOf((byte)' ');
        return at >= 0 && Utf8Parser.TryParse(text[(at + 1)..], out long runs, out _) ? runs : 0;
    }

    /// <summary>Whether a thread is one that io_uring works with (iou-wrk, iou-sqp: PF_IO_WORKER, Linux 5.12), or vhost (PF_USER_WORKER, Linux 6.4; include/linux/sched.h):
    /// it never runs the program's code. The name decides as well: on earlier kernels these flags meant other things.</summary>
    public static bool IsOfKernel(int process, int thread)
    {
        const int Room = 1024, FlagsAt = 6; // of the fields behind the name; proc_pid_stat(5)
        const uint IoWorker = 0x10, UserWorker = 0x4000;
        byte* buffer = stackalloc byte[Room];
        byte* path = stackalloc byte[PathRoom];
        WritePath(new Span<byte>(path, PathRoom), process, thread, "/stat"u8);
        var text = Read(path, new Span<byte>(buffer, Room));
        // The name is in parentheses and may hold anything: to the last one.
        int open = text.IndexOf((byte)'('), close = text.LastIndexOf(") "u8);
        if (open < 0 || close < open)
        {
            return false;
        }
        var rest = text[(close + 2)..];
        for (int i = 0; i < FlagsAt; i++)
        {
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
        }
        var name = text[(open + 1)..close];
        return Utf8Parser.TryParse(rest, out uint flags, out _)
            && (((flags & IoWorker) != 0 && name.StartsWith("iou-"u8)) || ((flags & UserWorker) != 0 && name.StartsWith("vhost-"u8)));
    }

    /// <summary>As <see cref="ProcFs.ReadActivity"/>.</summary>
    public static bool TryReadActivity(int process, int thread, out ThreadActivity activity)
    {
        const int Room = 512, Arguments = 6;
        byte* buffer = stackalloc byte[Room];
        byte* path = stackalloc byte[PathRoom];
        WritePath(new Span<byte>(path, PathRoom), process, thread, "/syscall"u8);
        var text = Read(path, new Span<byte>(buffer, Room));
        activity = new ThreadActivity(false, -1, default, default, default);
        if (text.IsEmpty || text.StartsWith("running"u8))
        {
            return !text.IsEmpty;
        }
        if (!Utf8Parser.TryParse(text, out long number, out int used))
        {
            return false;
        }
        ulong* values = stackalloc ulong[Arguments + 2];
        int count = 0;
        for (text = text[used..]; count < Arguments + 2 && text.IndexOf("0x"u8) is >= 0 and var next; count++)
        {
            text = text[(next + 2)..];
            if (!Utf8Parser.TryParse(text, out values[count], out _, 'x'))
            {
                return false;
            }
        }
        // A thread that is blocked elsewhere has its stack pointer and program counter alone.
        var arguments = count < Arguments + 2 ? default : new SyscallArguments(values[0], values[1], values[2], values[3], values[4], values[5]);
        activity = new ThreadActivity(true, number, arguments, new Address(values[Math.Max(0, count - 2)]), new Address(values[Math.Max(0, count - 1)]));
        return count >= 2;
    }

    /// <summary>Whether a descriptor of the process is a pipe, or an object of the kernel that has no file (an event counter, a timer): proc_pid_fd(5).</summary>
    public static bool IsPipeOrNoFile(int process, int descriptor)
    {
        byte* path = stackalloc byte[PathRoom];
        var name = new Span<byte>(path, PathRoom);
        name.Clear();
        AppendNumber(Append(AppendNumber(Append(name, "/proc/"u8), process), "/fd/"u8), descriptor);
        byte* target = stackalloc byte[PathRoom];
        nint length = NativeMethods.ReadLink(path, target, PathRoom);
        var text = new ReadOnlySpan<byte>(target, (int)Math.Max(0, length));
        return text.StartsWith("pipe:"u8) || text.StartsWith("anon_inode:"u8);
    }

    // Not an interpolated text: before it is compiled with optimisation, that boxes each number.
    private static void WritePath(Span<byte> path, int process, int thread, ReadOnlySpan<byte> file)
    {
        path.Clear();
        var rest = Append(path, "/proc/"u8);
        rest = AppendNumber(rest, process);
        rest = Append(rest, "/task"u8);
        if (thread != 0)
        {
            rest = AppendNumber(Append(rest, "/"u8), thread);
        }
        _ = Append(rest, file);
    }

    private static Span<byte> Append(Span<byte> to, ReadOnlySpan<byte> text)
    {
        text.CopyTo(to);
        return to[text.Length..];
    }

    private static Span<byte> AppendNumber(Span<byte> to, int number) => Utf8Formatter.TryFormat(number, to, out int written) ? to[written..] : to;

    private static ReadOnlySpan<byte> Read(byte* path, Span<byte> buffer)
    {
        int file = NativeMethods.Open(path, ReadOnlyCloseOnExec);
        if (file < 0)
        {
            return default;
        }
        nint length;
        fixed (byte* to = buffer)
        {
            length = NativeMethods.PRead(file, to, (nuint)buffer.Length, 0);
        }
        _ = NativeMethods.Close(file);
        return buffer[..(int)Math.Max(0, length)];
    }

    private static long FieldOf(ReadOnlySpan<byte> text, ReadOnlySpan<byte> field)
    {
        int at = text.IndexOf(field);
        return at >= 0 && Utf8Parser.TryParse(text[(at + field.Length)..], out long value, out _) ? value : -1;
    }
}
