// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Linux;

namespace Wfpatch.Testing.Faults;

/// <summary>The real kernel, but before the N-th call that changes the target something happens: usually the controller kills
/// itself, so that the call and all that would have followed are never made.</summary>
public sealed class FaultyLinux(ILinux real, int faultAt, Action fault) : ILinux
{
    /// <summary>How many calls that change the target were made.</summary>
    public int Changes { get; private set; }

    public int Read(int process, Address address, Span<byte> destination) => real.Read(process, address, destination);

    public void ReadWords(int process, ReadOnlySpan<Address> addresses, Span<uint> words, uint absent) => real.ReadWords(process, addresses, words, absent);

    public bool CanSerializeProcessors => real.CanSerializeProcessors;

    public void SerializeProcessors() => real.SerializeProcessors();

    public (int Descriptor, int Error) OpenMemory(int process) => real.OpenMemory(process);

    public void CloseMemory(int descriptor) => real.CloseMemory(descriptor);

    public bool ShareMemory(int one, int two) => real.ShareMemory(one, two);

    public bool IsGone(int memory) => real.IsGone(memory);

    public void SetUrgent(bool urgent) => real.SetUrgent(urgent);

    public bool HasSignal(int thread) => real.HasSignal(thread);

    public bool HasSocketLimit(int process, int descriptor, SocketLimit limit) => real.HasSocketLimit(process, descriptor, limit);

    public int ReadFilter(int thread, int index, Span<ulong> instructions, out int length) => real.ReadFilter(thread, index, instructions, out length);

    public int GetRobustList(int thread, out Address head) => real.GetRobustList(thread, out head);

    public int Wait(int thread, out WaitStatus status) => real.Wait(thread, out status);

    public int TryWait(int thread, out WaitStatus status) => real.TryWait(thread, out status);

    public void Pause(int microseconds) => real.Pause(microseconds);

    public int GetRegisters(int thread, out UserRegisters registers) => real.GetRegisters(thread, out registers);

    public int Write(int memory, Address address, ReadOnlySpan<byte> bytes)
    {
        Count();
        return real.Write(memory, address, bytes);
    }

    public int Seize(int thread)
    {
        Count();
        return real.Seize(thread);
    }

    public int Interrupt(int thread)
    {
        Count();
        return real.Interrupt(thread);
    }

    public int SetRegisters(int thread, in UserRegisters registers)
    {
        Count();
        return real.SetRegisters(thread, in registers);
    }

    public int Detach(int thread, int signal)
    {
        Count();
        return real.Detach(thread, signal);
    }

    private void Count()
    {
        if (++Changes == faultAt)
        {
            fault();
        }
    }
}
