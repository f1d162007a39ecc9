// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>Gives a stopped thread its system call back where the stop ended it with EINTR. The kernel restarts the others itself.</summary>
public static class InterruptedCall
{
    private const int SyscallInstructionLength = 2;

    /// <param name="asleep">How long the call has lasted, for one with a timeout.</param>
    public static void Restart(in StoppedThread stopped, ref UserRegisters registers, TimeSpan asleep)
    {
        if (SyscallRestart.Decide((long)registers.OrigRax, (long)registers.Rax, registers.R10) == SyscallRestartKind.None)
        {
            return;
        }
        registers.R10 = FourthArgument(in registers, asleep);
        // The kernel makes it again, unless a signal of the program's own is on its way: then EINTR is right.
        registers.Rax = unchecked((ulong)SyscallRestart.ResultThatRestarts);
        _ = stopped.SetRegisters(in registers);
    }

    /// <summary>What the call is made again with: what is left of its limit, where that is what its fourth argument is.</summary>
    public static ulong FourthArgument(in UserRegisters registers, TimeSpan asleep) =>
        SyscallRestart.Decide((long)registers.OrigRax, (long)registers.Rax, registers.R10) == SyscallRestartKind.AgainWithRestOfTimeout
            ? (ulong)Math.Max(0, (int)registers.R10 - (long)asleep.TotalMilliseconds)
            : registers.R10;

    /// <summary>Where the thread makes its call again: the syscall instruction that it stands behind.</summary>
    public static ulong RestartAddress(in UserRegisters registers) => registers.Rip - SyscallInstructionLength;
}
