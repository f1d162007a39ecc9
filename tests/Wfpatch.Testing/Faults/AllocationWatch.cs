// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Linux;

namespace Wfpatch.Testing.Faults;

/// <summary>The real kernel, and how much was allocated while threads of the target stood still: from the first that stopped to the last that was let go.</summary>
public sealed class AllocationWatch(ILinux real) : ILinux
{
    private long _before;
    private int _stopped;

    /// <summary>Bytes.</summary>
    public long Allocated { get; private set; }

    /// <summary>How many threads stood still at the same time, at most.</summary>
    public int MostStopped { get; private set; }

    public void Reset() => (Allocated, MostStopped) = (0, 0);

    public int Read(int process, Address address, Span<byte> destination) => real.Read(process, address, destination);

    public void ReadWords(int process, ReadOnlySpan<Address> addresses, Span<uint> words, uint absent) => real.ReadWords(process, addresses, words, absent);

    public bool CanSerializeProcessors => real.CanSerializeProcessors;

    public void SerializeProcessors() => real.SerializeProcessors();

    public (int Descriptor, int Error) OpenMemory(int process) => real.OpenMemory(process);

    public void CloseMemory(int descriptor) => real.CloseMemory(descriptor);

    public bool IsGone(int memory) => real.IsGone(memory);

    public bool ShareMemory(int one, int two) => real.ShareMemory(one, two);

    public int ReadFilter(int thread, int index, Span<ulong> instructions, out int length) => real.ReadFilter(thread, index, instructions, out length);

    public int Write(int memory, Address address, ReadOnlySpan<byte> bytes) => real.Write(memory, address, bytes);

    public void SetUrgent(bool urgent) => real.SetUrgent(urgent);

    public bool HasSignal(int thread) => real.HasSignal(thread);

    public bool HasSocketLimit(int process, int descriptor, SocketLimit limit) => real.HasSocketLimit(process, descriptor, limit);

    public int GetRobustList(int thread, out Address head) => real.GetRobustList(thread, out head);

    public int Seize(int thread) => real.Seize(thread);

    public int Interrupt(int thread) => real.Interrupt(thread);

    public int Wait(int thread, out WaitStatus status) => Count(real.Wait(thread, out status), status);

    public int TryWait(int thread, out WaitStatus status) => Count(real.TryWait(thread, out status), status);

    public void Pause(int microseconds) => real.Pause(microseconds);

    public int GetRegisters(int thread, out UserRegisters registers) => real.GetRegisters(thread, out registers);

    public int SetRegisters(int thread, in UserRegisters registers) => real.SetRegisters(thread, in registers);

    public int Detach(int thread, int signal)
    {
        int error = real.Detach(thread, signal);
        if (--_stopped == 0)
        {
            Allocated += GC.GetAllocatedBytesForCurrentThread() - _before;
        }
        return error;
    }

    private int Count(int error, WaitStatus status)
    {
        if (error == Errno.Success && status.IsStopped && ++_stopped == 1)
        {
            _before = GC.GetAllocatedBytesForCurrentThread();
        }
        MostStopped = Math.Max(MostStopped, _stopped);
        return error;
    }
}
