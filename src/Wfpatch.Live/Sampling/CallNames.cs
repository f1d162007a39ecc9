// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Quiescence;

namespace Wfpatch.Live.Sampling;

/// <summary>System calls that threads idle in, by name (asm/unistd_64.h).</summary>
public static class CallNames
{
    public static string NameOf(long call) => call switch
    {
        7 => "poll",
        23 => "select",
        34 => "pause",
        35 => "nanosleep",
        61 => "wait4",
        65 => "semop",
        202 => "futex",
        230 => "clock_nanosleep",
        SyscallRestart.EpollWait => "epoll_wait",
        247 => "waitid",
        270 => "pselect6",
        271 => "ppoll",
        SyscallRestart.EpollPwait => "epoll_pwait",
        _ => SyscallRestart.NameOf(call),
    };
}
