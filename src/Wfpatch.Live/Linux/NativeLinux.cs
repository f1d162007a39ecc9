// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;

namespace Wfpatch.Live.Linux;

/// <summary>The real kernel.</summary>
/// <param name="yielding">Null: outside of stops the controller runs like any program.</param>
public sealed unsafe class NativeLinux(Yielding? yielding = null) : ILinux
{
    private const int MaximumVectors = 512;
    private const int SysMembarrier = 324, MembarrierQuery = 0, MembarrierGlobal = 1;

    public int Read(int process, Address address, Span<byte> destination)
    {
        fixed (byte* buffer = destination)
        {
            var local = new NativeMethods.IoVector { Base = buffer, Length = (nuint)destination.Length };
            var remote = new NativeMethods.IoVector { Base = (void*)address.Value, Length = (nuint)destination.Length };
            nint read = NativeMethods.ProcessVmReadV(process, &local, 1, &remote, 1, 0);
            return read == destination.Length ? Errno.Success : read < 0 ? Marshal.GetLastPInvokeError() : Errno.Fault;
        }
    }

    public void ReadWords(int process, ReadOnlySpan<Address> addresses, Span<uint> words, uint absent)
    {
        for (int i = 0; i < addresses.Length; i += MaximumVectors)
        {
            int count = Math.Min(MaximumVectors, addresses.Length - i);
            ReadSomeWords(process, addresses.Slice(i, count), words.Slice(i, count), absent);
        }
    }

    // A failing read stops at the first bad address: that one is given up and the rest is read on.
    private static void ReadSomeWords(int process, ReadOnlySpan<Address> addresses, Span<uint> words, uint absent)
    {
        var local = stackalloc NativeMethods.IoVector[addresses.Length];
        var remote = stackalloc NativeMethods.IoVector[addresses.Length];
        fixed (uint* target = words)
        {
            for (int i = 0; i < addresses.Length; i++)
            {
                target[i] = absent;
                local[i] = new NativeMethods.IoVector { Base = target + i, Length = sizeof(uint) };
                remote[i] = new NativeMethods.IoVector { Base = (void*)addresses[i].Value, Length = sizeof(uint) };
            }
            int next = 0;
            while (next < addresses.Length)
            {
                nint read = NativeMethods.ProcessVmReadV(process, local + next, (nuint)(addresses.Length - next), remote + next, (nuint)(addresses.Length - next), 0);
                next += read < 0 ? 1 : (int)(read / sizeof(uint)) + 1;
            }
        }
    }

    // linux/membarrier.h: the query's answer has a bit for each command.
    public bool CanSerializeProcessors =>
        NativeMethods.Syscall(SysMembarrier, MembarrierQuery, null, null) is > 0 and var commands && (commands & MembarrierGlobal) != 0;

    public int SerializeProcessors() =>
        NativeMethods.Syscall(SysMembarrier, MembarrierGlobal, null, null) != 0 ? Marshal.GetLastPInvokeError() : Errno.Success;

    public (int Descriptor, int Error) OpenMemory(int process)
    {
        const int ReadWriteCloseOnExec = 2 | 0x80000;
        int descriptor = NativeMethods.Open($"/proc/{process}/mem", ReadWriteCloseOnExec);
        return descriptor < 0 ? (-1, Marshal.GetLastPInvokeError()) : (descriptor, Errno.Success);
    }

    public void CloseMemory(int descriptor) => _ = NativeMethods.Close(descriptor);

    public bool ShareMemory(int one, int two)
    {
        const int SysKcmp = 312, SameMemory = 1;
        return NativeMethods.Syscall(SysKcmp, one, (void*)(nint)two, (void*)(nint)SameMemory) == 0;
    }

    // At an address that nothing is mapped at: an error while there is memory, the end of the file when there is none (mem_rw, fs/proc/base.c).
    public bool IsGone(int memory)
    {
        byte one;
        return NativeMethods.PRead(memory, &one, 1, 0) == 0;
    }

    public int Write(int memory, Address address, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* buffer = bytes)
        {
            nint written = NativeMethods.PWrite(memory, buffer, (nuint)bytes.Length, (long)address.Value);
            return written == bytes.Length ? Errno.Success : written < 0 ? Marshal.GetLastPInvokeError() : Errno.InputOutput;
        }
    }

    public void SetUrgent(bool urgent)
    {
        int policy = urgent ? SchedulingPolicy.Fifo : yielding?.RestingPolicy ?? SchedulingPolicy.Other;
        _ = SchedulingPolicy.TrySet(0, policy);
        // The time to yield may have ended just now.
        if (policy == SchedulingPolicy.Idle && yielding!.RestingPolicy != policy)
        {
            _ = SchedulingPolicy.TrySet(0, yielding.RestingPolicy);
        }
    }

    public int Seize(int thread) => Call(PtraceRequest.Seize, thread, 0, 0);

    public int Interrupt(int thread) => Call(PtraceRequest.Interrupt, thread, 0, 0);

    public int Wait(int thread, out WaitStatus status)
    {
        const int All = 0x40000000;
        int raw = 0;
        int waited;
        int error;
        do
        {
            waited = NativeMethods.WaitPid(thread, &raw, All);
            error = waited < 0 ? Marshal.GetLastPInvokeError() : Errno.Success;
        }
        while (error == Errno.Interrupted);
        status = new WaitStatus(raw);
        return error;
    }

    public int TryWait(int thread, out WaitStatus status)
    {
        const int All = 0x40000000, NoHang = 1;
        int raw = 0;
        int waited = NativeMethods.WaitPid(thread, &raw, All | NoHang);
        status = new WaitStatus(raw);
        return waited < 0 ? Marshal.GetLastPInvokeError() : waited == 0 ? Errno.TryAgain : Errno.Success;
    }

    public void Pause(int microseconds) => _ = NativeMethods.USleep((uint)microseconds);

    public int GetRegisters(int thread, out UserRegisters registers)
    {
        Unsafe.SkipInit(out registers);
        return Call(PtraceRequest.GetRegisters, thread, 0, (nint)Unsafe.AsPointer(ref registers));
    }

    public int SetRegisters(int thread, in UserRegisters registers) =>
        Call(PtraceRequest.SetRegisters, thread, 0, (nint)Unsafe.AsPointer(ref Unsafe.AsRef(in registers)));

    public int Detach(int thread, int signal) => Call(PtraceRequest.Detach, thread, 0, signal);

    public int ReadFilter(int thread, int index, Span<ulong> instructions, out int length)
    {
        nint needed = NativeMethods.Ptrace((int)PtraceRequest.GetSeccompFilter, thread, index, 0);
        length = (int)needed;
        if (needed < 0 || needed > instructions.Length)
        {
            return needed < 0 ? Marshal.GetLastPInvokeError() : Errno.NoRoom;
        }
        fixed (ulong* room = instructions)
        {
            return Call(PtraceRequest.GetSeccompFilter, thread, index, (nint)room);
        }
    }

    public int GetRobustList(int thread, out Address head)
    {
        const int SysGetRobustList = 274;
        ulong address = 0;
        nuint length = 0;
        nint result = NativeMethods.Syscall(SysGetRobustList, thread, &address, &length);
        head = new Address(address);
        return result < 0 ? Marshal.GetLastPInvokeError() : Errno.Success;
    }

    public bool HasSignal(int thread)
    {
        const int ReadOnlyCloseOnExec = 0x80000, Room = 4096;
        byte* buffer = stackalloc byte[Room];
        Utf8.TryWrite(new Span<byte>(buffer, Room), $"/proc/{thread}/status\0", out _);
        int file = NativeMethods.Open(buffer, ReadOnlyCloseOnExec);
        if (file < 0)
        {
            return false;
        }
        nint length = NativeMethods.PRead(file, buffer, Room, 0);
        _ = NativeMethods.Close(file);
        var text = new ReadOnlySpan<byte>(buffer, (int)Math.Max(0, length));
        return ((SignalSet(text, "\nSigPnd:\t"u8) | SignalSet(text, "\nShdPnd:\t"u8)) & ~SignalSet(text, "\nSigBlk:\t"u8)) != 0;
    }

    /// <summary>A mask in /proc/TID/status: 16 hexadecimal digits.</summary>
    private static ulong SignalSet(ReadOnlySpan<byte> status, ReadOnlySpan<byte> field)
    {
        int at = status.IndexOf(field);
        return at >= 0 && Utf8Parser.TryParse(status[(at + field.Length)..], out ulong set, out _, 'x') ? set : 0;
    }

    public bool HasSocketLimit(int process, int descriptor, SocketLimit limit)
    {
        const int SysPidFdOpen = 434, SysPidFdGetFd = 438, SocketLevel = 1, ReceiveTimeout = 20, SendTimeout = 21; // asm-generic/socket.h
        nint target = NativeMethods.Syscall(SysPidFdOpen, process, null, null);
        if (target < 0)
        {
            return false;
        }
        nint copy = NativeMethods.Syscall(SysPidFdGetFd, target, (void*)(nint)descriptor, null);
        _ = NativeMethods.Close((int)target);
        if (copy < 0)
        {
            return false;
        }
        long* time = stackalloc long[2]; // struct timeval
        uint length = 2 * sizeof(long);
        bool isKnown = NativeMethods.GetSocketOption((int)copy, SocketLevel, limit == SocketLimit.Receive ? ReceiveTimeout : SendTimeout, time, &length) == 0;
        _ = NativeMethods.Close((int)copy);
        return isKnown && (time[0] != 0 || time[1] != 0);
    }

    // include/uapi/linux/wfgen.h of the series in kernel/.
    private const int SysCreateView = 1000, SysMoveToView = 1001, SysPinForViews = 1002, SysWriteView = 1003, SysDeleteView = 1004, SysQueryView = 1005;

    public int QueryView(int thread, out int view)
    {
        const int Current = -1;
        return CallForNumber(NativeMethods.Syscall(SysQueryView, thread, Current, 0, 0, 0), out view);
    }

    public ImmutableArray<int> ReadViews(int process) => new ProcFs(process).ReadViews();

    public int CreateView(int process, out int view)
    {
        const int Base = 0, Populate = 1;
        return CallForNumber(NativeMethods.Syscall(SysCreateView, process, Base, Populate, 0, 0), out view);
    }

    public int PinForViews(int process, AddressRange pages) =>
        CallForNumber(NativeMethods.Syscall(SysPinForViews, process, (nint)pages.Start.Value, (nint)pages.Length, 0, 0), out _);

    public int WriteView(int process, int view, Address address, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* buffer = bytes)
        {
            int error = CallForNumber(NativeMethods.Syscall(SysWriteView, process, view, (nint)address.Value, (nint)buffer, bytes.Length), out int written);
            return error != Errno.Success || written == bytes.Length ? error : Errno.InputOutput;
        }
    }

    public int MoveToView(int thread, int view) => CallForNumber(NativeMethods.Syscall(SysMoveToView, thread, view, 0, 0, 0), out _);

    public int MoveAllToView(int process, int view)
    {
        const int All = 1;
        return CallForNumber(NativeMethods.Syscall(SysMoveToView, process, view, All, 0, 0), out _);
    }

    public int DeleteView(int process, int view) => CallForNumber(NativeMethods.Syscall(SysDeleteView, process, view, 0, 0, 0), out _);

    private static int CallForNumber(nint result, out int number)
    {
        number = (int)result;
        return result < 0 ? Marshal.GetLastPInvokeError() : Errno.Success;
    }

    private static int Call(PtraceRequest request, int thread, nint address, nint data) =>
        NativeMethods.Ptrace((int)request, thread, address, data) < 0 ? Marshal.GetLastPInvokeError() : Errno.Success;

    /// <summary>sys/ptrace.h</summary>
    private enum PtraceRequest
    {
        GetRegisters = 12,
        SetRegisters = 13,
        Detach = 17,
        Seize = 0x4206,
        Interrupt = 0x4207,
        GetSeccompFilter = 0x420c,
    }
}
