// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Audits;
using Wfpatch.Live.Backends;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Names;
using Wfpatch.Live.Obstacles;
using Wfpatch.Live.Sampling;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Controllers;

/// <summary>The commands as the command line and the lab call them: opening the target, the lock against other controllers, and errors as reports.</summary>
public sealed class Commands(ILinux linux)
{
    public (TransitionReport Report, BackendPlan? Plan) Check(int process, Patch patch, TransitionOptions options)
    {
        BackendPlan? plan = null;
        var report = OnTarget(process, alone: false, target =>
        {
            (var checkedReport, plan) = new Controller(target).Check(patch, options);
            return checkedReport;
        });
        return (report, plan);
    }

    public TransitionReport Apply(int process, Patch patch, TransitionOptions options) =>
        OnTarget(process, alone: true, target => new Controller(target).Apply(patch, options));

    public TransitionReport Revert(int process, string? id, TransitionOptions options) =>
        OnTarget(process, alone: true, target => new Controller(target).Revert(id, options));

    /// <summary>Lets the rest of the threads follow the canaries; brings any open transition to its end.</summary>
    public TransitionReport Advance(int process, TransitionOptions options) =>
        OnTarget(process, alone: true, target => new Controller(target).Advance(options));

    public StatusReport Status(int process) =>
        Read(process, StatusReader.Read, failed => new StatusReport(failed.Outcome, failed.Message));

    /// <summary>Compares the target with the state that lies in it.</summary>
    public VerifyReport Verify(int process)
    {
        return Read(process, Compare, failed => new VerifyReport(failed.Outcome, failed.Message) { Refusals = failed.Refusals });

        // A process that ended meanwhile has nothing any more that could be as it was.
        VerifyReport Compare(Target target) => VerifyReader.Read(target) is var report && report.Outcome == Outcome.Refused && (target.HasEnded || IsGone(process))
            ? new VerifyReport(Outcome.Gone, Gone(process).Message)
            : report;
    }

    /// <summary>Watches the target's threads and proposes a profile. Writes nothing.</summary>
    public PointsReport Points(int process, SamplingOptions options) => Read(
        process, target => PointsReport.Of(target, options), failed => new PointsReport(failed.Outcome, failed.Message) { Refusals = failed.Refusals });

    /// <summary>Names the new code in a target, for debuggers and profilers.</summary>
    public SymbolsReport Symbols(int process, bool withPerfMap) => Read(
        process, target => SymbolsReader.Read(target, withPerfMap), failed => new SymbolsReport(failed.Outcome, failed.Message) { Refusals = failed.Refusals });

    private T Read<T>(int process, Func<Target, T> read, Func<TransitionReport, T> fail)
    {
        try
        {
            return TracerThread.Run(() =>
            {
                using var target = Target.Open(linux, process);
                return ReadOrSayReplaced(target);
            });
        }
        catch (TargetAccessException e)
        {
            return fail(Describe(process, e));
        }

        T ReadOrSayReplaced(Target target)
        {
            try
            {
                return read(target);
            }
            catch (TargetAccessException) when (target.Memory.IsReplaced)
            {
                return fail(Replaced(process));
            }
        }
    }

    private TransitionReport OnTarget(int process, bool alone, Func<Target, TransitionReport> command)
    {
        return Read(process, target => alone ? TakeTurn(target) : Finish(target, command(target)), failed => failed);

        TransitionReport TakeTurn(Target target)
        {
            var (taken, owner) = ControllerLock.TryTake(process, target.Proc.ReadStartTime() ?? 0);
            if (taken is null)
            {
                string who = owner > 0 ? $"Process {owner}" : "Another wfpatch";
                return TransitionReport.Refused([TargetRefusals.ControllerBusy.About($"process {process}", $"{who} is patching process {process} at this moment; wait until it has ended.")]);
            }
            using (taken)
            {
                return Finish(target, command(target));
            }
        }
    }

    // What could not be done in a process that has ended meanwhile is no fault of the patch, and what ended with it is not in force.
    private static TransitionReport Finish(Target target, TransitionReport report) =>
        target.Memory.IsReplaced ? Replaced(target.Process) : target.HasEnded || IsGone(target.Process) ? Gone(target.Process) : report;

    private TransitionReport Describe(int process, TargetAccessException e)
    {
        Span<byte> one = stackalloc byte[1];
        using var memory = new TargetMemory(linux, process);
        bool hasNoMemory = memory.Read(Core.Addresses.Address.UserEnd, one) == Errno.NoSuchProcess;
        // A thread or the whole process may end at any moment: what failed then is no failure of ours.
        return e.IsGone || hasNoMemory || IsGone(process)
            ? Gone(process)
            : e.IsDenied
                ? new TransitionReport(Outcome.Denied, $"You may not change process {process}: {AccessDenial.Describe(process)}; run wfpatch as its user or as root.")
                : e.ChangedCode is { } code
                ? TransitionReport.Refused([AuditRefusals.EntryChanged.About($"process {process}", $"The code at {code} in process {process} is not what it was a moment ago: its library was unloaded, or somebody else changes it. Nothing was written there; run the command again.")])
                : e.IsFirstWrite
                ? TransitionReport.Refused([TargetRefusals.WritesForbidden.About($"process {process}", $"The kernel does not let process {process} be written to ({e.Message}); nothing was changed.")])
                : TransitionReport.Refused([TargetRefusals.CallFailed.About($"process {process}", $"The kernel refused a call on process {process} ({e.Message}). It runs on as it is; what was begun stays open (wfpatch status): run the command again, or revert.")]);
    }

    private static bool IsGone(int process) => new ProcFs(process).HasEnded;

    private static TransitionReport Replaced(int process) =>
        new(Outcome.Gone, $"Process {process} runs another program now (it has called exec); what was patched is gone, and nothing was written into the new one.");

    private static TransitionReport Gone(int process) => new(Outcome.Gone, $"There is no process {process} (any more).");
}
