// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Experiments.Latencies;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>The report of one machine, from the first heading to the last sentence.</summary>
internal static class ReportText
{
    internal static string TitleOf(ResultSet set) => $"wfpatch: servers patched while they serve ({set.Name})";

    internal static ImmutableArray<ReportPart> Of(ResultSet set) =>
    [
        new Heading(1, TitleOf(set)),
        new Paragraph("Servers of the distribution, under load, patched thread by thread and taken back, beside other ways to patch. All figures and pictures come from the samples in this folder; ./wf lab report makes them again."),
        new Heading(2, "What went wrong"), Problems(set),
        .. Section("Each server", set.Servers.IsEmpty, "Before / in force / taken back: the reply that the visible change changes. Real fix: the same request to a server without and to one with it.", ReportTables.Servers(set)),
        .. Section("Patches of the distribution", set.Fixes.IsEmpty, "Each patch of C or C++ in debian/patches, as if it were the fix of today. Taken: the shipped program has the fix; a patch file of the same functions takes it out of the running server, under load, and is taken back. The paper's figures are of other versions and other patches, made by kpatch.", ReportTables.Patches(set)),
        .. set.Fixes.IsEmpty ? [] : (ImmutableArray<ReportPart>)[ReportTables.EachPatch(set)],
        .. Latency(set),
        .. Section("What a patch costs", set.Overheads.IsEmpty, "Median ± standard deviation, and the largest, of applies and reverts under load. Longest stop: from asking a thread to stop to letting it go, with its wait for a processor; held: from its standing still.", ReportTables.Overhead(set)),
        .. Section("Memory", set.Overheads.IsEmpty, "Own pages of code and page tables of the process. Each later patch was applied and taken back; a server under load has page tables of its own.", ReportTables.Memory(set)),
        .. Section("How threads come to it", set.Overheads.IsEmpty, "Threads of one name that mostly stand in the same system call, and are alike in whether they ever come by themselves; applies and reverts together. After: from arming until it was seen to have migrated.", ReportTables.Threads(set)),
        .. set.Overheads.SelectMany(run => OverheadPictures.Of(run)),
        .. Section("Endurance", set.Endurances.IsEmpty, "Growth from cycle 20 to the last one.", ReportTables.Endurance(set)),
        .. Section("Restart instead", set.Restarts.IsEmpty, "What there is without a live patch: the server is ended and started again, under the same load as the patches beside it. Took: the command; from the signal until the new process has given its first right reply. Requests: until a second after that.", ReportTables.Restart(set)),
        new Heading(2, "Method"), new Bullets(ReportMethod.Method),
        new Heading(2, "Limits"), new Bullets(ReportMethod.Limits),
        new Heading(2, "Conditions"), ReportTables.Conditions(set),
    ];

    private static ReportPart Problems(ResultSet set) => ReportProblems.Of(set) is { IsEmpty: false } problems ? new Bullets(problems) : new Paragraph("Nothing that was measured.");

    private static ImmutableArray<ReportPart> Latency(ResultSet set)
    {
        if (set.Latencies.IsEmpty)
        {
            return [];
        }
        List<ReportPart> parts =
        [
            new Heading(2, "Latency while patching"),
            new Paragraph("Quantiles of all windows with patches; ratios to the windows before them without any, with the interval that holds 95 of 100 ratios when pairs of windows are drawn again. The ratio of none says what the machine does by itself."),
            ReportTables.Latency(set), new Heading(3, "The goal, thread by thread"), ReportTables.Goal(set),
        ];
        foreach (LatencyRun run in set.Latencies)
        {
            parts.AddRange([new Heading(3, $"{run.Conditions.Server}: {run.Conditions.Title}"), .. LatencyPictures.Of(run)]);
        }
        return [.. parts];
    }

    private static ImmutableArray<ReportPart> Section(string title, bool isEmpty, string about, Grid grid) => isEmpty ? [] : [new Heading(2, title), new Paragraph(about), grid];
}
