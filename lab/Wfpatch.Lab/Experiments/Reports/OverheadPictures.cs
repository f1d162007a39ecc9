// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Experiments.Overheads;
using Wfpatch.Lab.Pictures;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>When each kind of a server's threads migrates, by points and by stacks.</summary>
internal static class OverheadPictures
{
    private const double FieldHeight = 150;

    /// <summary>Told apart also by eyes that do not tell red from green (Okabe and Ito, 2002); a server with more names than colours begins anew.</summary>
    private static readonly ImmutableArray<string> Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#4b5563", "#8c6d1f"];

    internal static ImmutableArray<Picture> Of(OverheadRun run)
    {
        ImmutableArray<string> methods = [.. OverheadMethod.Names.Where(name => Arrivals(run, name).Any())];
        if (methods.IsEmpty)
        {
            return [];
        }
        ImmutableArray<string> names = [.. methods.SelectMany(method => Arrivals(run, method)).Select(arrival => arrival.Name).Distinct().Order(StringComparer.Ordinal)];
        ImmutableArray<double> all = [.. methods.SelectMany(method => Arrivals(run, method)).Select(arrival => arrival.Us)];
        Axis times = Axis.LogTime("from arming until it was seen to have migrated", all.Min(), all.Max());
        return
        [
            new($"{run.Conditions.Server}-threads", Layout.Draw($"{run.Conditions.Server}: when threads migrate", [.. methods.Select((method, at) => Row(run, method, names, times, at == methods.Length - 1))]),
                "Applies and reverts together; of all threads that migrated alone. Whole lines: threads that came by themselves; dashed ones: from outside, of the same name."),
        ];
    }

    private static Panel Row(OverheadRun run, string method, ImmutableArray<string> names, Axis times, bool isLast) => new(
        method, times, Axis.Linear("% of the name's threads", 0, 100), FieldHeight,
        [
            .. from name in names
               let arrivals = Arrivals(run, method).Where(arrival => arrival.Name == name).ToImmutableArray()
               from itself in (bool[])[true, false]
               let sorted = arrivals.Where(arrival => arrival.ByItself == itself).Select(arrival => arrival.Us).Order().ToImmutableArray()
               where !sorted.IsEmpty
               select new Series(itself ? name : $"{name}, outside", Colours[names.IndexOf(name) % Colours.Length], Steps.Of(sorted, arrivals.Length), IsDashed: !itself),
        ])
    {
        NamesX = isLast,
    };

    private static IEnumerable<(string Name, bool ByItself, double Us)> Arrivals(OverheadRun run, string method) =>
        from sample in run.Samples
        where sample.Method == method
        from thread in sample.Threads
        where thread is { How: "point" or "return" or "outside", AtUs: > 0 }
        select (ThreadKind.NameOf(thread.Name), thread.How != "outside", thread.AtUs!.Value);
}
