// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Linux;

namespace Wfpatch.Testing.Faults;

/// <summary>The real kernel, but before the N-th call that changes the target something happens: usually the controller kills
/// itself, so that the call and all that would have followed are never made.</summary>
public sealed class FaultyLinux(ILinux real, int faultAt, Action fault) : ForwardedLinux(real)
{
    /// <summary>How many calls that change the target were made.</summary>
    public int Changes { get; private set; }

    public override int Write(int memory, Address address, ReadOnlySpan<byte> bytes)
    {
        Count();
        return base.Write(memory, address, bytes);
    }

    public override int Seize(int thread)
    {
        Count();
        return base.Seize(thread);
    }

    public override int Interrupt(int thread)
    {
        Count();
        return base.Interrupt(thread);
    }

    public override int SetRegisters(int thread, in UserRegisters registers)
    {
        Count();
        return base.SetRegisters(thread, in registers);
    }

    public override int Detach(int thread, int signal)
    {
        Count();
        return base.Detach(thread, signal);
    }

    public override int CreateView(int process, out int view)
    {
        Count();
        return base.CreateView(process, out view);
    }

    public override int PinForViews(int process, AddressRange pages)
    {
        Count();
        return base.PinForViews(process, pages);
    }

    public override int WriteView(int process, int view, Address address, ReadOnlySpan<byte> bytes)
    {
        Count();
        return base.WriteView(process, view, address, bytes);
    }

    public override int MoveToView(int thread, int view)
    {
        Count();
        return base.MoveToView(thread, view);
    }

    public override int DeleteView(int process, int view)
    {
        Count();
        return base.DeleteView(process, view);
    }

    private void Count()
    {
        if (++Changes == faultAt)
        {
            fault();
        }
    }
}
