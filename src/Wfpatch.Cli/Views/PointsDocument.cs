// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Quiescence.Sampling;
using Wfpatch.Live.Sampling;

namespace Wfpatch.Cli.Views;

internal sealed record SampledFunctionDocument(string Function, string Object, string Offset, bool Exported)
{
    public static SampledFunctionDocument Of(SampledFunction f) => new(f.Name, f.Object, $"0x{f.Offset:x}", f.IsExported);
}

internal sealed record ProposedPointDocument(SampledFunctionDocument Function, int Seen, bool Usable, string Reason);

internal sealed record ThreadGroupDocument(
    string Name, int[] Threads, SampledFunctionDocument? Loop, SampledFunctionDocument[] Below, string IdleIn, int Idle, int Busy, ProposedPointDocument[] Points, string Remark)
{
    public static ThreadGroupDocument Of(ThreadGroup g) => new(
        g.Name, [.. g.Threads], g.Loop is { } loop ? SampledFunctionDocument.Of(loop) : null, [.. g.Below.Select(SampledFunctionDocument.Of)], g.IdleIn, g.Idle, g.Busy,
        [.. g.Points.Select(p => new ProposedPointDocument(SampledFunctionDocument.Of(p.Function), p.Seen, p.IsNameable, p.Reason))], g.Remark);
}

internal sealed record AnnouncedPointDocument(string Kind, string Name, string Address);

/// <summary>What `points` prints (docs/json.md).</summary>
internal sealed record PointsDocument(
    string Result, string Message, string? File, string Profile, ThreadGroupDocument[] Groups, AnnouncedPointDocument[] Announced, int Stops, double LongestStopUs, RefusalDocument[] Refusals)
{
    public static PointsDocument Of(PointsReport r, string profile, string? file) => new(
        ExitCode.Name(ExitCode.Of(r.Outcome)), r.Message, file, profile, [.. r.Proposal!.Groups.Select(ThreadGroupDocument.Of)],
        [.. r.Announced.Select(a => new AnnouncedPointDocument(a.Kind.ToString(), a.Name, a.At.ToString()))], r.Stops, r.LongestStop.TotalMicroseconds,
        RefusalDocument.Of(r.Refusals));
}
