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
        var kind = SyscallRestart.Decide((long)registers.OrigRax, (long)registers.Rax, registers.R10);
        if (kind == SyscallRestartKind.None)
        {
            return;
        }
        if (kind == SyscallRestartKind.AgainWithRestOfTimeout)
        {
            registers.R10 = (ulong)Math.Max(0, (int)registers.R10 - (long)asleep.TotalMilliseconds);
        }
        registers.Rip = RestartAddress(in registers);
        registers.Rax = registers.OrigRax;
        registers.OrigRax = ulong.MaxValue;
        _ = stopped.SetRegisters(in registers);
    }

    /// <summary>Where the thread makes its call again: the syscall instruction that it stands behind.</summary>
    public static ulong RestartAddress(in UserRegisters registers) => registers.Rip - SyscallInstructionLength;
}
