// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Wfpatch.Cli.Views;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Audits;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Cli.Commands;

/// <summary>What a command did to one process of several.</summary>
/// <param name="Code">The exit code that it would have had alone.</param>
/// <param name="Report">The document that it would have printed alone.</param>
/// <param name="Text">The same as text, for those whom it tells something.</param>
internal sealed record ProcessResult(int Code, string Message, ImmutableArray<Refusal> Refusals, JsonElement Report, string Text)
{
    public static ProcessResult Of(TransitionReport report) => new(
        ExitCode.Of(report.Outcome), report.Message, report.Refusals,
        JsonSerializer.SerializeToElement(TransitionDocument.Of(report), DocumentContext.Readable.TransitionDocument), report.Message);

    public static ProcessResult Of(StatusReport report) => new(
        ExitCode.Of(report.Outcome), report.Message, [],
        JsonSerializer.SerializeToElement(StatusDocument.Of(report), DocumentContext.Readable.StatusDocument), StatusView.Render(report));

    public static ProcessResult Of(VerifyReport report) => new(
        ExitCode.Of(report.Outcome), report.Message, report.Refusals,
        JsonSerializer.SerializeToElement(VerifyDocument.Of(report), DocumentContext.Readable.VerifyDocument), report.Message);

    public static ProcessResult Refused(Refusal refusal) => Of(TransitionReport.Refused([refusal]));
}

/// <summary>A command on several processes: each has a result of its own, and the worst is the exit code.</summary>
internal static class SetRun
{
    /// <summary>The worst first. A process that has ended meanwhile needs nothing any more.</summary>
    private static readonly ImmutableArray<int> Worst = [ExitCode.Refused, ExitCode.Denied, ExitCode.Pending, ExitCode.Canary, ExitCode.Done, ExitCode.Gone];

    /// <param name="nothingToDo">Refusals that say of a process that it needs nothing: a worker without the patch has nothing to take back.</param>
    /// <param name="check">Asked of all that are there before the first one is changed; what it refuses (but for those) ends the command.</param>
    public static int Run(
        Output output, ProcessSelector selector, Func<int, ProcessResult> command, ImmutableArray<RefusalKind> nothingToDo = default, Func<int, ProcessResult>? check = null)
    {
        bool NeedsNothing(ProcessResult r) => r.Code == ExitCode.Refused && !nothingToDo.IsDefault && r.Refusals.Length > 0 && r.Refusals.All(f => nothingToDo.Contains(f.Kind));
        ProcessResult Settled(ProcessResult r) => NeedsNothing(r) ? r with { Code = ExitCode.Done } : r;
        var search = new ProcessSearch(selector);
        if (check is not null)
        {
            var refused = search.Find().Select(p => (p, Result: Settled(check(p)))).Where(c => c.Result.Code is ExitCode.Refused or ExitCode.Denied).ToImmutableArray();
            if (!refused.IsEmpty)
            {
                return Print(output, refused, $"{refused.Length} processes cannot be patched; nothing was written into any.");
            }
        }
        var (results, isStable) = ProcessSet.Run(search.Find, p => Settled(command(p)));
        return results.IsEmpty
            ? output.Fail(ExitCode.Gone, "No process fits.", [])
            : Print(output, results, isStable ? $"{results.Length} processes: {Count(results)}." : $"{results.Length} processes: {Count(results)}. More appear all the time; the last ones were not looked at.");
    }

    private static string Count(ImmutableArray<(int, ProcessResult Result)> results) =>
        string.Join(", ", results.GroupBy(r => r.Result.Code).OrderBy(g => Worst.IndexOf(g.Key)).Select(g => $"{g.Count()} {ExitCode.Name(g.Key)}"));

    private static int Print(Output output, ImmutableArray<(int Process, ProcessResult Result)> results, string message)
    {
        int code = results.Select(r => r.Result.Code).MinBy(c => Worst.IndexOf(c));
        var entries = results.Select(r => new ProcessDocument(r.Process, new ProcFs(r.Process).ReadThreadName(r.Process) ?? "", ExitCode.Name(r.Result.Code), r.Result.Message, r.Result.Report)).ToArray();
        var refusals = results.Where(r => r.Result.Code == ExitCode.Refused).SelectMany(r => r.Result.Refusals).ToList();
        output.WriteResult(
            new SetDocument(ExitCode.Name(code), message, entries, RefusalDocument.Of(refusals)), DocumentContext.Readable.SetDocument,
            string.Join('\n', results.Select(r => $"{r.Process} {ExitCode.Name(r.Result.Code)}: {r.Result.Text}").Append(message)));
        if (code is ExitCode.Refused or ExitCode.Denied)
        {
            Output.WriteErrors(message, refusals);
        }
        return code;
    }
}
