// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>Which blocked threads may be stopped: those whose system call goes on afterwards as if nothing had been.</summary>
public static class InterruptibleCalls
{
    /// <summary>Nothing is allocated.</summary>
    public static bool MayStop(ILinux linux, int process, in ThreadActivity blocked) =>
        SyscallRestart.MayInterrupt(blocked.Number, blocked.Arguments) && !MayBeDoneInPart(process, in blocked) && !HasTimeLimit(linux, process, in blocked);

    /// <summary>Why not, completing "it is in"; null where the thread may be stopped.</summary>
    public static string? FindObstacle(ILinux linux, int process, in ThreadActivity blocked)
    {
        if (!SyscallRestart.MayInterrupt(blocked.Number, blocked.Arguments))
        {
            return $"{SyscallRestart.NameOf(blocked.Number)}, which cannot be restarted unseen";
        }
        if (MayBeDoneInPart(process, in blocked))
        {
            return $"{SyscallRestart.NameOf(blocked.Number)}, of which a part may have been done: stopped, it would end with that part";
        }
        return HasTimeLimit(linux, process, in blocked)
            ? $"{SyscallRestart.NameOf(blocked.Number)} on a socket with a time limit, which cannot be restarted unseen"
            : null;
    }

    private static bool HasTimeLimit(ILinux linux, int process, in ThreadActivity blocked)
    {
        var limit = SyscallRestart.SocketLimitOf(blocked.Number);
        return limit != SocketLimit.None && linux.HasSocketLimit(process, (int)blocked.Arguments.First, limit);
    }

    private static bool MayBeDoneInPart(int process, in ThreadActivity blocked) =>
        SyscallRestart.MovesInParts(blocked.Number, blocked.Arguments)
        && !(SyscallRestart.IsAtomicForPipes(blocked.Number, blocked.Arguments) && QuietProcFs.IsPipeOrNoFile(process, (int)blocked.Arguments.First));
}
