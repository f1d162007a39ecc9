// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Names;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Controllers;

namespace Wfpatch.Live.Names;

/// <summary>The names of what wfpatch has put into a process.</summary>
/// <param name="Message">One sentence for people.</param>
public sealed record SymbolsReport(Outcome Outcome, string Message)
{
    public ImmutableArray<NamedCode> Names { get; init; } = [];

    /// <summary>An ELF file for a debugger (<see cref="SymbolFile"/>).</summary>
    public ReadOnlyMemory<byte> File { get; init; }

    /// <summary>The map for perf that was written, as the target sees it; empty: none was asked for.</summary>
    public string PerfMap { get; init; } = "";

    public ImmutableArray<Refusal> Refusals { get; init; } = [];

    public static SymbolsReport Refused(Refusal refusal) => new(Outcome.Refused, refusal.Sentence) { Refusals = [refusal] };
}
