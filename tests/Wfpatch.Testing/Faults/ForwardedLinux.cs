// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Linux;

namespace Wfpatch.Testing.Faults;

/// <summary>The real kernel; who derives from it watches some of the calls, or answers them otherwise.</summary>
public abstract class ForwardedLinux(ILinux real) : ILinux
{
    public bool CanSerializeProcessors => real.CanSerializeProcessors;

    public virtual int SerializeProcessors() => real.SerializeProcessors();

    public virtual int Read(int process, Address address, Span<byte> destination) => real.Read(process, address, destination);

    public void ReadWords(int process, ReadOnlySpan<Address> addresses, Span<uint> words, uint absent) => real.ReadWords(process, addresses, words, absent);

    public (int Descriptor, int Error) OpenMemory(int process) => real.OpenMemory(process);

    public void CloseMemory(int descriptor) => real.CloseMemory(descriptor);

    public bool IsGone(int memory) => real.IsGone(memory);

    public bool ShareMemory(int one, int two) => real.ShareMemory(one, two);

    public virtual int Write(int memory, Address address, ReadOnlySpan<byte> bytes) => real.Write(memory, address, bytes);

    public virtual void SetUrgent(bool urgent) => real.SetUrgent(urgent);

    public virtual int Seize(int thread) => real.Seize(thread);

    public virtual int Interrupt(int thread) => real.Interrupt(thread);

    public virtual int Wait(int thread, out WaitStatus status) => real.Wait(thread, out status);

    public virtual int TryWait(int thread, out WaitStatus status) => real.TryWait(thread, out status);

    public void Pause(int microseconds) => real.Pause(microseconds);

    public int GetRegisters(int thread, out UserRegisters registers) => real.GetRegisters(thread, out registers);

    public virtual int SetRegisters(int thread, in UserRegisters registers) => real.SetRegisters(thread, in registers);

    public virtual int Detach(int thread, int signal) => real.Detach(thread, signal);

    public bool HasSignal(int thread) => real.HasSignal(thread);

    public bool HasSocketLimit(int process, int descriptor, SocketLimit limit) => real.HasSocketLimit(process, descriptor, limit);

    public int ReadFilter(int thread, int index, Span<ulong> instructions, out int length) => real.ReadFilter(thread, index, instructions, out length);

    public virtual int GetRobustList(int thread, out Address head) => real.GetRobustList(thread, out head);

    public virtual ImmutableArray<int> ReadViews(int process) => real.ReadViews(process);

    public virtual int QueryView(int thread, out int view) => real.QueryView(thread, out view);

    public virtual int CreateView(int process, out int view) => real.CreateView(process, out view);

    public virtual int PinForViews(int process, AddressRange pages) => real.PinForViews(process, pages);

    public virtual int WriteView(int process, int view, Address address, ReadOnlySpan<byte> bytes) => real.WriteView(process, view, address, bytes);

    public virtual int MoveToView(int thread, int view) => real.MoveToView(thread, view);

    public virtual int MoveAllToView(int process, int view) => real.MoveAllToView(process, view);

    public virtual int DeleteView(int process, int view) => real.DeleteView(process, view);
}
