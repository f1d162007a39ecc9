// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Linux;

namespace Wfpatch.Testing.Faults;

/// <summary>The calls that change a target, or on which such changes rest.</summary>
public enum ChangingCall
{
    Write,
    SerializeProcessors,
    Seize,
    Interrupt,
    SetRegisters,
    Detach,
    CreateView,
    PinForViews,
    WriteView,
    MoveToView,
    MoveAllToView,
    DeleteView,
}

/// <summary>How these calls fail.</summary>
public static class ChangingCalls
{
    /// <summary>The errnos that a call may give: ptrace(2), membarrier(2), the series' wfgen.rst and, for the memory file, mem_rw in the kernel's fs/proc/base.c. Some of them only the call on a
    /// thread that is dying gives; here the thread lives on, which is worse.</summary>
    public static ReadOnlySpan<int> ErrorsOf(ChangingCall call) => call switch
    {
        ChangingCall.Write => [Errno.InputOutput, Errno.NoRoom, Errno.Fault],
        ChangingCall.SerializeProcessors => [Errno.Invalid],
        ChangingCall.Seize => [Errno.NotPermitted, Errno.NoSuchProcess],
        ChangingCall.Interrupt => [Errno.NoSuchProcess, Errno.InputOutput],
        ChangingCall.SetRegisters => [Errno.NoSuchProcess, Errno.InputOutput, Errno.Fault],
        ChangingCall.Detach => [Errno.NoSuchProcess, Errno.InputOutput],
        ChangingCall.CreateView => [Errno.NoRoom],
        ChangingCall.PinForViews => [Errno.NoRoom, Errno.Invalid],
        ChangingCall.WriteView => [Errno.NoRoom, Errno.Fault, Errno.InputOutput],
        ChangingCall.MoveToView => [Errno.Busy, Errno.NoSuchProcess],
        ChangingCall.MoveAllToView => [Errno.TryAgain, Errno.Busy],
        ChangingCall.DeleteView => [Errno.Busy],
        _ => throw new ArgumentOutOfRangeException(nameof(call)),
    };
}
