// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Targets;

namespace Wfpatch.Lab.Baselines;

/// <summary>Applies and takes back one patch in one target by stops of all its threads. All of it runs on one thread, the tracer.</summary>
/// <param name="target">Open for writing.</param>
internal sealed class BaselineController(Target target, string patchId)
{
    /// <summary>How much longer the target runs between two tries than it stood, at least; the engine's own stop of all keeps to the same.</summary>
    private const int RunsLonger = 5;

    private EntryJumps? _inForce;

    /// <param name="limit">After that no further try is begun.</param>
    internal BaselineReport Apply(BaselineKind kind, TimeSpan limit)
    {
        if (_inForce is not null)
        {
            return BaselineReport.Nothing;
        }
        TargetJournal? journal = ReadJournal();
        if (journal is null)
        {
            return BaselineReport.Impossible("nothing was ever applied there");
        }
        EntryJumps jumps = EntryJumps.Of(journal.State, patchId, target.Memory);
        BaselineReport report = Run(kind, jumps, jumps.Apply, limit);
        _inForce = report.Done ? jumps : null;
        return report;
    }

    internal BaselineReport Revert(BaselineKind kind, TimeSpan limit)
    {
        if (_inForce is not { } jumps)
        {
            return BaselineReport.Nothing;
        }
        BaselineReport report = Run(kind, jumps, jumps.Revert, limit);
        _inForce = report.Done ? null : jumps;
        return report;
    }

    /// <summary>Ksplice waits for a second, and gives up after the fifth try. Here less, so that it has as many within the time limit.</summary>
    private static TimeSpan PauseOf(BaselineKind kind) => TimeSpan.FromMilliseconds(kind == BaselineKind.Probe ? 50 : 1);

    private BaselineReport Run(BaselineKind kind, EntryJumps jumps, ImmutableArray<CodeWrite> writes, TimeSpan limit)
    {
        WorldStop stop = new(target, kind == BaselineKind.Probe ? CreateLook(jumps) : null);
        CodeWrite[] all = [.. writes];
        AddressRange[] middles = [.. jumps.Middles];
        long began = Stopwatch.GetTimestamp();
        TimeSpan longest = TimeSpan.Zero;
        for (int tries = 1; ; tries++)
        {
            StopOutcome outcome = stop.Try(all, middles);
            longest = outcome.Waited > longest ? outcome.Waited : longest;
            TimeSpan pause = PauseOf(kind) > RunsLonger * outcome.Waited ? PauseOf(kind) : RunsLonger * outcome.Waited;
            bool isOver = Stopwatch.GetElapsedTime(began) + pause >= limit;
            if (outcome.Verdict == StopVerdict.Written || isOver)
            {
                return new(outcome.Verdict == StopVerdict.Written, tries, outcome.Held, Math.Round(longest.TotalMicroseconds, 1), Math.Round(Stopwatch.GetElapsedTime(began).TotalMicroseconds, 1), Describe(outcome));
            }
            Thread.Sleep(pause);
        }
    }

    private OutsideMigration CreateLook(EntryJumps jumps)
    {
        var state = ReadJournal()!.State;
        var unwinder = target.CreateUnwinder(state, ReturnHookTable.Read(target.Memory, state.ReturnHooks));
        return new(target.Linux, target.Memory, unwinder, jumps.Changed, [], 0, new StopLog());
    }

    private TargetJournal? ReadJournal()
    {
        target.RefreshMappings();
        return TargetJournal.Find(target.Process, target.Mappings, target.Memory, out var unreadable) is { } journal && unreadable is null ? journal : null;
    }

    private string Describe(StopOutcome outcome) => outcome.Verdict switch
    {
        StopVerdict.Written => "",
        StopVerdict.ThreadInside => $"thread {NameOf(outcome.Thread)} was in changed code",
        StopVerdict.StackUnknown => $"the stack of thread {NameOf(outcome.Thread)} could not be unwound",
        StopVerdict.ThreadsChanged => "threads came while the others stood",
        StopVerdict.NotNow => $"thread {NameOf(outcome.Thread)} was in a call that a stop disturbs",
        _ => $"thread {NameOf(outcome.Thread)} did not stop",
    };

    private string NameOf(int thread) => target.Proc.ReadThreadName(thread) ?? $"{thread}";
}
