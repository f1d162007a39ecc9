// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>Which blocked threads may be stopped: those whose system call goes on afterwards as if nothing had been.</summary>
public static class InterruptibleCalls
{
    /// <summary>Why not, completing "it is in"; null where the thread may be stopped.</summary>
    public static string? FindObstacle(ILinux linux, int process, in ThreadActivity blocked)
    {
        if (!SyscallRestart.MayInterrupt(blocked.Number, blocked.Arguments))
        {
            return $"{SyscallRestart.NameOf(blocked.Number)}, which cannot be restarted unseen";
        }
        var limit = SyscallRestart.SocketLimitOf(blocked.Number);
        return limit != SocketLimit.None && linux.HasSocketLimit(process, (int)blocked.Arguments.First, limit)
            ? $"{SyscallRestart.NameOf(blocked.Number)} on a socket with a time limit, which cannot be restarted unseen"
            : null;
    }
}
