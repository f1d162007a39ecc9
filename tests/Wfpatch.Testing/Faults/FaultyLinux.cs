// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Linux;

namespace Wfpatch.Testing.Faults;

/// <summary>The real kernel, but before each call that changes the target somebody is asked whether it shall fail.</summary>
/// <param name="fault">Told the number of the call, from 1 on, and what it is. 0: it is made. An errno: it is not made, and gives that. Where the controller
/// kills itself, neither this call nor any that would have followed is ever made.</param>
public sealed class FaultyLinux(ILinux real, Func<int, ChangingCall, int> fault) : ForwardedLinux(real)
{
    /// <summary>How many calls that change the target were made, or failed.</summary>
    public int Changes { get; private set; }

    /// <summary>The real kernel, but such a call, and where it <paramref name="stays"/> so all that follow, give an errno that they may give.</summary>
    /// <param name="turn">Which one of those.</param>
    /// <param name="calls">All calls that were made, or failed, are put here.</param>
    public static FaultyLinux Failing(ILinux real, int at, bool stays, int turn, List<ChangingCall> calls) => new(real, (number, call) =>
    {
        calls.Add(call);
        var errors = ChangingCalls.ErrorsOf(call);
        return number == at || (stays && number > at) ? errors[turn % errors.Length] : Errno.Success;
    });

    /// <summary>The real kernel, but before one such call the controller dies by an exception: what it calls on its way out changes nothing, but that
    /// the threads that it has stopped are let go, as the kernel does.</summary>
    public static FaultyLinux Dying(ILinux real, int at, Func<Exception> death) => new(real, (number, call) =>
        number == at ? throw death() : number < at || call == ChangingCall.Detach ? Errno.Success : Errno.NoSuchProcess);

    public override int Write(int memory, Address address, ReadOnlySpan<byte> bytes)
    {
        int error = Next(ChangingCall.Write);
        if (error == Errno.InputOutput)
        {
            // The kernel writes page after page: of what fails the beginning may be written.
            int first = (int)Math.Min((ulong)bytes.Length, Address.PageSize - (address.Value % Address.PageSize));
            _ = first < bytes.Length ? base.Write(memory, address, bytes[..first]) : 0;
        }
        return error == Errno.Success ? base.Write(memory, address, bytes) : error;
    }

    public override int SerializeProcessors() =>
        Next(ChangingCall.SerializeProcessors) is not Errno.Success and var error ? error : base.SerializeProcessors();

    public override int Seize(int thread) => Next(ChangingCall.Seize) is not Errno.Success and var error ? error : base.Seize(thread);

    public override int Interrupt(int thread) => Next(ChangingCall.Interrupt) is not Errno.Success and var error ? error : base.Interrupt(thread);

    public override int SetRegisters(int thread, in UserRegisters registers) =>
        Next(ChangingCall.SetRegisters) is not Errno.Success and var error ? error : base.SetRegisters(thread, in registers);

    public override int Detach(int thread, int signal) => Next(ChangingCall.Detach) is not Errno.Success and var error ? error : base.Detach(thread, signal);

    public override int CreateView(int process, out int view)
    {
        view = 0;
        return Next(ChangingCall.CreateView) is not Errno.Success and var error ? error : base.CreateView(process, out view);
    }

    public override int PinForViews(int process, AddressRange pages) =>
        Next(ChangingCall.PinForViews) is not Errno.Success and var error ? error : base.PinForViews(process, pages);

    public override int WriteView(int process, int view, Address address, ReadOnlySpan<byte> bytes) =>
        Next(ChangingCall.WriteView) is not Errno.Success and var error ? error : base.WriteView(process, view, address, bytes);

    public override int MoveToView(int thread, int view) => Next(ChangingCall.MoveToView) is not Errno.Success and var error ? error : base.MoveToView(thread, view);

    public override int MoveAllToView(int process, int view) => Next(ChangingCall.MoveAllToView) is not Errno.Success and var error ? error : base.MoveAllToView(process, view);

    public override int DeleteView(int process, int view) => Next(ChangingCall.DeleteView) is not Errno.Success and var error ? error : base.DeleteView(process, view);

    private int Next(ChangingCall call) => fault(++Changes, call);
}
