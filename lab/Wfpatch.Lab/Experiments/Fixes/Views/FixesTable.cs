// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Spectre.Console;
using Spectre.Console.Rendering;
using static Wfpatch.Lab.Experiments.Figures;

namespace Wfpatch.Lab.Experiments.Fixes.Views;

/// <summary>The tables of `lab patches`: a row for each server; and a line for each patch.</summary>
internal static class FixesTable
{
    internal static readonly ImmutableArray<string> Columns =
        ["server", "patches of C or C++ (CVE)", "compiled", "code alone", "of those made", "taken by the running server", "of those that were tried", "failed requests", "the paper's: patches (CVE)", "made"];

    internal static IRenderable Render(ImmutableArray<FixesRun> runs)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns([.. Columns]);
        foreach (FixesRun run in runs)
        {
            table.AddRow([.. Cells(run).Select(cell => new Text(cell))]);
        }
        return table;
    }

    /// <summary>A row, also of the report.</summary>
    internal static ImmutableArray<string> Cells(FixesRun run) =>
    [
        $"{run.Server}: {run.Package} {run.Version}", $"{run.Fixes.Length} ({run.Count(fix => fix.IsCve)})", Number(run.Count(fix => fix.IsCompiled)), Number(run.Count(fix => fix.IsCodeOnly)),
        Number(run.Count(fix => fix.IsCodeOnly && fix.IsMade)), Number(run.Count(fix => fix.Applied == FixResult.Done)), Number(run.Count(fix => fix.Applied.Length > 0)), Number(run.Fixes.Sum(fix => fix.Failed)),
        PaperFixes.Of(run.Server) is { } paper ? $"{paper.Patches} ({paper.Cves})" : "", PaperFixes.Of(run.Server) is { } made ? Number(made.Made) : "",
    ];

    /// <summary>One line for each patch that is not made and taken, and what the columns mean.</summary>
    internal static string About(ImmutableArray<FixesRun> runs) => string.Join('\n', [
        .. from run in runs
           from fix in run.Fixes
           where !(fix.IsMade && fix.Applied == FixResult.Done)
           select $"{run.Server}: {fix.Patch}: {fix.Outcome} {string.Join(" ", fix.Codes)}".TrimEnd() + (fix.Applied.Length > 0 ? $"; running server: {fix.Applied}" : fix.IsMade ? $"; {fix.Shipped}" : ""),
        .. FixSource.Missing.Select(server => $"{server.Name}: {server.Why}"),
        "Taken: the shipped program has the fix; a patch file of the same functions takes it out of the running server, under load, and is taken back.",
    ]);
}
