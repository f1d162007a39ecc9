// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Linux;

namespace Wfpatch.Testing.Faults;

/// <summary>The real kernel, but before the N-th call that changes the target something happens: usually the controller kills
/// itself, so that the call and all that would have followed are never made. Where the fault is an exception instead, it is as if the controller were dead, too: what it
/// calls on its way out changes nothing, but that the threads that it has stopped are let go, as the kernel does.</summary>
public sealed class FaultyLinux(ILinux real, int faultAt, Action fault) : ForwardedLinux(real)
{
    /// <summary>How many calls that change the target were made.</summary>
    public int Changes { get; private set; }

    public override int Write(int memory, Address address, ReadOnlySpan<byte> bytes)
    {
        return Counts() ? base.Write(memory, address, bytes) : Errno.NoSuchProcess;
    }

    public override int Seize(int thread)
    {
        return Counts() ? base.Seize(thread) : Errno.NoSuchProcess;
    }

    public override int Interrupt(int thread)
    {
        return Counts() ? base.Interrupt(thread) : Errno.NoSuchProcess;
    }

    public override int SetRegisters(int thread, in UserRegisters registers)
    {
        return Counts() ? base.SetRegisters(thread, in registers) : Errno.NoSuchProcess;
    }

    public override int Detach(int thread, int signal)
    {
        _ = Counts();
        return base.Detach(thread, signal);
    }

    public override int CreateView(int process, out int view)
    {
        view = 0;
        return Counts() ? base.CreateView(process, out view) : Errno.NoSuchProcess;
    }

    public override int PinForViews(int process, AddressRange pages)
    {
        return Counts() ? base.PinForViews(process, pages) : Errno.NoSuchProcess;
    }

    public override int WriteView(int process, int view, Address address, ReadOnlySpan<byte> bytes)
    {
        return Counts() ? base.WriteView(process, view, address, bytes) : Errno.NoSuchProcess;
    }

    public override int MoveToView(int thread, int view)
    {
        return Counts() ? base.MoveToView(thread, view) : Errno.NoSuchProcess;
    }

    public override int DeleteView(int process, int view)
    {
        return Counts() ? base.DeleteView(process, view) : Errno.NoSuchProcess;
    }

    /// <summary>Whether the controller still lives.</summary>
    private bool Counts()
    {
        if (Changes == faultAt)
        {
            return false;
        }
        if (++Changes == faultAt)
        {
            fault();
        }
        return true;
    }
}
