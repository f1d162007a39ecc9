// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Serialization;
using Wfpatch.Build;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Audits;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Names;

namespace Wfpatch.Cli.Views;

/// <summary>The JSON documents of the commands (docs/json.md). Times are microseconds.</summary>
internal sealed record RefusalDocument(string Code, string Subject, string Sentence, string? File, int? Line, string Remedy)
{
    public static RefusalDocument[] Of(IEnumerable<Refusal> refusals) =>
        [.. refusals.Select(r => new RefusalDocument(r.Code, r.Subject, r.Sentence, r.Place?.File, r.Place?.Line, r.Kind.Remedy))];
}

internal sealed record PatchDocument(string Id, string Name);

internal sealed record FunctionDocument(string Name, string Address, string Tactic, string Trampoline, string NewCode);

internal sealed record BlockerDocument(string Function, int Frame, string At, string Sentence, bool ReturnHook)
{
    public static BlockerDocument? Of(Blocker? blocker) =>
        blocker is null ? null : new BlockerDocument(blocker.Function, blocker.Frame, blocker.At.ToString(), blocker.Sentence, blocker.IsHooked);
}

internal sealed record ThreadDocument(int Tid, string Name, uint Generation, string How, double? AtUs, BlockerDocument? Blocker)
{
    public static ThreadDocument Of(ThreadReport t) => new(
        t.Id, t.Name, t.Generation, t.Path.ToString().ToLowerInvariant(), t.At?.TotalMicroseconds, BlockerDocument.Of(t.Blocker));
}

internal sealed record MissingDocument(int Tid, string Name, BlockerDocument? Blocker);

internal sealed record AttemptDocument(double BeganUs, double WaitedUs, int Held, MissingDocument[] Missing)
{
    public static AttemptDocument Of(GatheringAttempt a) => new(
        a.Began.TotalMicroseconds, a.Waited.TotalMicroseconds, a.Held, [.. a.Missing.Select(m => new MissingDocument(m.Id, m.Name, BlockerDocument.Of(m.Blocker)))]);
}

internal sealed record TransitionDocument(
    string Result, string Message, PatchDocument Patch, PatchDocument[] Replaced, uint Generation, string Policy, string Backend, string Consistency, FunctionDocument[] Functions, double ArmUs, double TransitionUs,
    int Stops, double LongestStopUs, double LongestHeldUs, double[] HeldUs, long BytesAdded, double LongestWaitUs, AttemptDocument[] Attempts, ThreadDocument[] Threads, RefusalDocument[] Refusals)
{
    public static TransitionDocument Of(TransitionReport r) => new(
        ExitCode.Name(ExitCode.Of(r.Outcome)), r.Message, new PatchDocument(r.PatchId, r.PatchName), [.. r.Replaced.Select(p => new PatchDocument(p.Id, p.Name))], r.Generation, r.Policy, r.Backend.NameOf(), r.Consistency.ToString().ToLowerInvariant(),
        [.. r.Functions.Select(f => new FunctionDocument(f.Name, f.Address.ToString(), f.Tactic, f.Trampoline.ToString(), f.NewCode.ToString()))],
        r.ArmTime.TotalMicroseconds, r.TransitionTime.TotalMicroseconds, r.Stops, r.LongestStop.TotalMicroseconds, r.LongestHeld.TotalMicroseconds, [.. r.Held.Select(h => h.TotalMicroseconds)], r.BytesAdded,
        r.LongestWait.TotalMicroseconds, [.. r.Attempts.Select(AttemptDocument.Of)],
        [.. r.Threads.Select(ThreadDocument.Of)], RefusalDocument.Of(r.Refusals));
}

internal sealed record GenerationDocument(uint Id, PatchDocument Patch, string State);

/// <param name="Object">The library that is not loaded.</param>
internal sealed record WaitingDocument(PatchDocument Patch, string Object);

internal sealed record StatusThreadDocument(int Tid, string Name, uint Generation, BlockerDocument? Blocker);

internal sealed record StatusDocument(
    string Result, string Message, string Policy, string Backend, string Consistency, int Canaries, GenerationDocument[] Generations, WaitingDocument[] Waiting, StatusThreadDocument[] Threads, RefusalDocument[] Refusals)
{
    public static StatusDocument Of(StatusReport r) => new(
        ExitCode.Name(ExitCode.Of(r.Outcome)), r.Message, r.OpenTransition, r.Backend.NameOf(), r.Consistency, r.Canaries,
        [.. r.Generations.Select(g => new GenerationDocument(g.Id, new PatchDocument(g.Patch, g.PatchName), g.State))],
        [.. r.Waiting.Select(w => new WaitingDocument(new PatchDocument(w.PatchId, w.PatchName), w.ObjectName))],
        [.. r.Threads.Select(t => new StatusThreadDocument(t.Id, t.Name, t.Generation, BlockerDocument.Of(t.Blocker)))], []);
}

internal sealed record DifferenceDocument(string What, string Address, string Expected, string Found);

internal sealed record VerifyDocument(string Result, string Message, int Checked, DifferenceDocument[] Differences, RefusalDocument[] Refusals)
{
    public static VerifyDocument Of(VerifyReport r) => new(
        ExitCode.Name(ExitCode.Of(r.Outcome)), r.Message, r.Checked,
        [.. r.Differences.Select(d => new DifferenceDocument(d.What, d.Address.ToString(), d.Expected, d.Found))], RefusalDocument.Of(r.Refusals));
}

internal sealed record NamedCodeDocument(string Name, string Address, ulong Size, string Patch);

/// <param name="GdbCommand">What makes gdb read the file; empty where none was written.</param>
internal sealed record SymbolsDocument(string Result, string Message, NamedCodeDocument[] Names, string File, string GdbCommand, string PerfMap, RefusalDocument[] Refusals)
{
    public static SymbolsDocument Of(SymbolsReport r, string? file) => new(
        ExitCode.Name(ExitCode.Of(r.Outcome)), r.Message, [.. r.Names.Select(n => new NamedCodeDocument(n.Name, n.Range.Start.ToString(), n.Range.Length, n.Patch))],
        file ?? "", file is null ? "" : $"add-symbol-file {Path.GetFullPath(file)} -o 0", r.PerfMap, RefusalDocument.Of(r.Refusals));
}

internal sealed record InspectFunctionDocument(string Name, string Unit, string Role, int OldBytes, int NewBytes);

internal sealed record InspectObjectDocument(
    string Object, string? BuildId, InspectFunctionDocument[] Functions, string[] Added, string[] Needs, int CodeBytes, int DataBytes, int UnwindBytes);

internal sealed record InspectDocument(string Result, PatchDocument Patch, int FileBytes, string Consistency, bool Replaces, PatchDocument[] Requires, InspectObjectDocument[] Objects, RefusalDocument[] Refusals);

/// <summary>One of several processes: what the command would have printed for it alone is in Report.</summary>
internal sealed record ProcessDocument(int Pid, string Name, string Result, string Message, JsonElement Report);

internal sealed record SetDocument(string Result, string Message, ProcessDocument[] Processes, RefusalDocument[] Refusals);

/// <summary>For what has no more to say than its result.</summary>
internal sealed record PlainDocument(string Result, string Message, RefusalDocument[] Refusals);

/// <summary>A function of our build that the installed file does not have like that.</summary>
internal sealed record RebuiltFunctionDocument(string Name, string Unit, string Why);

internal sealed record RebuildDocument(string Object, string Installed, int Functions, int Equal, RebuiltFunctionDocument[] Different, string[] Touched)
{
    public static RebuildDocument Of(RebuildReport r) => new(
        r.ObjectName, r.InstalledFile, r.Functions, r.Functions - r.Different.Length, [.. r.Different.Select(d => new RebuiltFunctionDocument(d.Name, d.Unit, d.Why))], [.. r.Touched]);
}

internal sealed record BuildDocument(
    string Result, string Message, PatchDocument? Patch, string File, string[] Functions, RebuildDocument[] Rebuilds, RefusalDocument[] Notes, RefusalDocument[] Refusals);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(TransitionDocument))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(VerifyDocument))]
[JsonSerializable(typeof(SymbolsDocument))]
[JsonSerializable(typeof(InspectDocument))]
[JsonSerializable(typeof(PlainDocument))]
[JsonSerializable(typeof(BuildDocument))]
[JsonSerializable(typeof(PointsDocument))]
[JsonSerializable(typeof(SetDocument))]
internal sealed partial class DocumentContext : JsonSerializerContext
{
    /// <summary>Readable in a terminal: quotes and letters beyond ASCII are not escaped as if for a web page.</summary>
    public static readonly DocumentContext Readable = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
