// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Live.Linux;

/// <summary>The real kernel.</summary>
public sealed unsafe class NativeLinux : ILinux
{
    private const int MaximumVectors = 512;

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

    public (int Descriptor, int Error) OpenMemory(int process)
    {
        const int ReadWriteCloseOnExec = 2 | 0x80000;
        int descriptor = NativeMethods.Open($"/proc/{process}/mem", ReadWriteCloseOnExec);
        return descriptor < 0 ? (-1, Marshal.GetLastPInvokeError()) : (descriptor, Errno.Success);
    }

    public void CloseMemory(int descriptor) => _ = NativeMethods.Close(descriptor);

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
        const int SchedOther = 0, SchedFifo = 1, LowestRealTime = 1;
        int priority = urgent ? LowestRealTime : 0;
        _ = NativeMethods.SchedSetScheduler(0, urgent ? SchedFifo : SchedOther, &priority);
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

    public int GetRegisters(int thread, out UserRegisters registers)
    {
        Unsafe.SkipInit(out registers);
        return Call(PtraceRequest.GetRegisters, thread, 0, (nint)Unsafe.AsPointer(ref registers));
    }

    public int SetRegisters(int thread, in UserRegisters registers) =>
        Call(PtraceRequest.SetRegisters, thread, 0, (nint)Unsafe.AsPointer(ref Unsafe.AsRef(in registers)));

    public int Detach(int thread, int signal) => Call(PtraceRequest.Detach, thread, 0, signal);

    public int GetRobustList(int thread, out Address head)
    {
        const int SysGetRobustList = 274;
        ulong address = 0;
        nuint length = 0;
        nint result = NativeMethods.Syscall(SysGetRobustList, thread, &address, &length);
        head = new Address(address);
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
    }
}
