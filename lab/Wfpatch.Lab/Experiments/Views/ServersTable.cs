// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Wfpatch.Lab.Experiments.Views;

/// <summary>The table of `lab servers`: a row for each server, in it a line for each of its two patches.</summary>
internal static class ServersTable
{
    private static readonly ImmutableArray<string> Columns =
        ["server", "threads", "requests", "failed", "patch", "functions", "migrated", "transition", "before / during / after", "real fix"];

    internal static IRenderable Render(ImmutableArray<ServerResult> results)
    {
        Table table = new() { Border = TableBorder.Rounded, ShowRowSeparators = true };
        table.AddColumns([.. Columns]);
        foreach (ServerResult result in results)
        {
            table.AddRow([.. Cells(result).Select(cell => new Text(cell))]);
        }
        return table;
    }

    /// <summary>One line for each server that is not as it should be, and one for all.</summary>
    internal static string About(ImmutableArray<ServerResult> results)
    {
        ImmutableArray<ServerResult> tried = [.. results.Where(result => result.Visible is not null || result.Title.Length > 0)];
        IEnumerable<string> lines = tried.Where(result => !result.IsGood).Select(result => $"{result.Name}: NOT as it should be");
        return string.Join('\n', [.. lines, $"{tried.Count(result => result.IsGood)} of {results.Length} servers were patched while they served; {Number(tried.Sum(result => result.Failed))} of {Number(tried.Sum(result => result.Requests))} requests failed."]);
    }

    private static ImmutableArray<string> Cells(ServerResult result) => result is { Visible: { } visible, Fix: { } fix }
        ?
        [
            $"{result.Name}\n{result.Title}", Number(visible.Threads), Number(result.Requests), Number(result.Failed), Both(visible, fix, patch => patch.Name),
            Both(visible, fix, patch => Number(patch.Functions)), Both(visible, fix, patch => $"{patch.Migrated} of {patch.Threads}"),
            Both(visible, fix, patch => string.Create(CultureInfo.InvariantCulture, $"{patch.TransitionUs / 1000:0.0} ms")),
            $"{result.Before}\n{result.During}\n{result.After}{(result.IsClean ? "" : "\nverify: NOT clean")}", Bug(result.Bug!),
        ]
        : [result.Name, .. Enumerable.Repeat("", Columns.Length - 2), string.Join('\n', result.Why)];

    private static string Bug(ShownBug bug) =>
        $"{bug.Title}\nwithout: {bug.Unpatched}{(bug.UnpatchedEnd.Length > 0 ? $", dead ({bug.UnpatchedEnd})" : "")}\nwith: {bug.Patched}{(bug.Survives ? ", serves on" : ", dead")}";

    private static string Both(AppliedPatch visible, AppliedPatch fix, Func<AppliedPatch, string> say) => $"{say(visible)}\n{say(fix)}";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
