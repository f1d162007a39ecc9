// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Unwinding;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Migrations;

/// <summary>What holds a thread, in words.</summary>
public static class BlockerText
{
    /// <summary>For a thread that may not be stopped in its system call.</summary>
    /// <param name="obstacle">What InterruptibleCalls says of it.</param>
    public static Blocker Describe(in ThreadActivity blocked, string obstacle) =>
        new(SyscallRestart.NameOf(blocked.Number), -1, blocked.InstructionPointer, $"it is in {obstacle}");

    /// <param name="oldCode">What the visit looked for, in the same order.</param>
    /// <param name="noHooks">Why a thread in old code gets no return hook; empty: not said.</param>
    public static Blocker Describe(ThreadVisit visit, IReadOnlyList<HeldCode> oldCode, string noHooks = "") => visit.Result switch
    {
        VisitResult.Busy when visit.IsHooked => new Blocker(
            oldCode[visit.Verdict.OldCode].Name, visit.Verdict.Frame, visit.At, $"it is in {oldCode[visit.Verdict.OldCode].Name}, {oldCode[visit.Verdict.OldCode].Why}; return hook pending: it migrates itself when it returns")
        {
            IsHooked = true,
        },
        VisitResult.Busy => new Blocker(
            oldCode[visit.Verdict.OldCode].Name, visit.Verdict.Frame, visit.At, $"it is in {oldCode[visit.Verdict.OldCode].Name}, {oldCode[visit.Verdict.OldCode].Why}{(noHooks.Length > 0 ? "; " + noHooks : "")}"),
        VisitResult.InRequest => new Blocker(
            "", visit.Verdict.Frame, visit.At, "it is in a request that began before; it comes by a quiescence point of the program when that has ended"),
        VisitResult.Unreliable when visit.Unwinding.Reason == UnwindFailureReason.ForeignStack => new Blocker(
            "", visit.Unwinding.Depth, visit.At, "it runs on a stack that is not its own (a coroutine's); what waits on the one below cannot be seen"),
        VisitResult.Unreliable => new Blocker(
            "", visit.Unwinding.Depth, visit.At, $"its stack cannot be unwound beyond {visit.At} ({visit.Unwinding.Reason})"),
        VisitResult.Traced => new Blocker("", -1, Address.Zero, "another tracer is attached to it"),
        VisitResult.NoControlBlock => new Blocker("", -1, Address.Zero, "it has no control block of glibc's"),
        VisitResult.NotNow => new Blocker("", -1, Address.Zero, "the kernel did not let it go over just now; it is tried again"),
        VisitResult.Ended => new Blocker("", -1, Address.Zero, "it is ending"),
        _ => new Blocker("", -1, Address.Zero, "it has not come by a quiescence point yet"),
    };
}
