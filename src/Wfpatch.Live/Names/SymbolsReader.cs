// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Names;
using Wfpatch.Core.Unwinding;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Names;

/// <summary>Names what lies in a target, by the state in it. Only reads: the target has no part in it.</summary>
public static class SymbolsReader
{
    public static SymbolsReport Read(Target target, bool withPerfMap)
    {
        var journal = TargetJournal.Find(target.Process, target.Mappings, target.Memory, out var unreadable);
        if (unreadable is not null)
        {
            return SymbolsReport.Refused(unreadable);
        }
        if (journal is null)
        {
            return new SymbolsReport(Outcome.Done, $"Process {target.Process} was never patched; there is no new code.");
        }
        var state = journal.State;
        var names = NamedCode.Of(state);
        var tables = state.Images.Where(i => i.UnwindTable.Length > 0)
            .Select(i => UnwindTable.ReadSection(target.Memory, i.UnwindTable, "new code").Table).OfType<UnwindTable>();
        var report = new SymbolsReport(Outcome.Done, $"{names.Length} functions and trampolines of ours are in process {target.Process}.")
        {
            Names = names,
            File = SymbolFile.Render(names, [.. state.Images.Select(i => i.Range), .. Pages(state)], tables),
        };
        if (!withPerfMap)
        {
            return report;
        }
        var ranges = state.Regions.Select(r => r.Range).Concat(Pages(state)).ToList();
        var (path, refusal) = PerfMapFile.Write(target, PerfMap.Render(names), a => ranges.Any(r => r.Contains(a)));
        return refusal is null ? report with { PerfMap = path } : SymbolsReport.Refused(refusal);
    }

    /// <summary>The trampolines' pages, neighbours as one range.</summary>
    private static ImmutableArray<AddressRange> Pages(TargetState state)
    {
        var ranges = new List<AddressRange>();
        foreach (var page in state.TrampolinePages.Order())
        {
            var range = AddressRange.OfLength(page, (long)Address.PageSize);
            if (ranges.Count > 0 && ranges[^1].End == page)
            {
                ranges[^1] = new AddressRange(ranges[^1].Start, range.End);
            }
            else
            {
                ranges.Add(range);
            }
        }
        return [.. ranges];
    }
}
