// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Migrations;

/// <summary>Backend aspace: one call of the kernel, for threads that are stopped in system calls. A thread that is stopped elsewhere is made to look so as long as it is held
/// (<see cref="ThreadViews"/> has why that is harmless).</summary>
public sealed class ViewMove(ILinux linux, int process, int view) : IGlobalMove
{
    public bool TryReady(in StoppedThread thread, in UserRegisters registers) =>
        !IsOutsideOfCall(in registers) || (ThreadViews.MayLookAsInCall(in registers) && thread.SetRegisters(ThreadViews.AsInCall(in registers)) == Errno.Success);

    public int Run() => linux.MoveAllToView(process, view);

    public void Release(in StoppedThread thread, in UserRegisters registers)
    {
        if (IsOutsideOfCall(in registers))
        {
            // Where it fails the thread was killed; else it runs on as if it came back from a call, with all registers as they were.
            _ = thread.SetRegisters(in registers);
        }
    }

    private static bool IsOutsideOfCall(in UserRegisters registers) => registers.OrigRax == ulong.MaxValue;
}
