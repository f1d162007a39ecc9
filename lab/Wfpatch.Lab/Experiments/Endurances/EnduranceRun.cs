// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Wfpatch.Lab.Experiments.Endurances;

/// <summary>What many cycles of one server came to.</summary>
/// <param name="Failure">What ended it before its time; empty: nothing.</param>
/// <param name="WorstUs">The largest latency, without those of the long work.</param>
/// <param name="MakesCode">The server makes code itself, which is counted as its own.</param>
/// <param name="Samples">The server now and then: after the cycles in which it settles, and at the end, at least.</param>
public sealed record EnduranceRun(RunConditions<EnduranceOptions> Conditions, string Failure, double WorstUs, bool MakesCode, ImmutableArray<EnduranceSample> Samples)
{
    internal const int Format = 1;

    public int Cycles => Samples.IsEmpty ? 0 : Samples[^1].Cycle;

    public long Requests => Samples.IsEmpty ? 0 : Samples[^1].Requests;

    public long Failed => Samples.IsEmpty ? 0 : Samples[^1].Failed;

    /// <summary>For one apply and revert.</summary>
    public double MillisecondsEach => Cycles == 0 ? 0 : Samples[^1].AtMs / Cycles;

    /// <summary>What it has more at the end than after it had settled. A server under load opens and closes files all the time: of these, the fewest of each half are compared.</summary>
    public EnduranceGrowth Growth => Samples is [var first, .., var last]
        ? new(last.CodeKiB - first.CodeKiB, last.PageTablesKiB - first.PageTablesKiB, last.MappedKiB - first.MappedKiB, Fewest(Samples[(Samples.Length / 2)..]) - Fewest(Samples[..(Samples.Length / 2)]), last.Threads - first.Threads, last.BytesTold - first.BytesTold)
        : default;

    /// <summary>All cycles were made, no request failed, and nothing of ours has grown.</summary>
    public bool IsGood => Failure.Length == 0 && Cycles == Conditions.Options.Cycles && Requests > 0 && Failed == 0 && Growth.BytesTold == 0 && Growth.Files <= 0 && (MakesCode || Growth.CodeKiB <= 0);

    private static int Fewest(ImmutableArray<EnduranceSample> samples) => samples.Min(sample => sample.Files);

    internal void Write(string file) => KeptLines.Write(file, new Head(Format, Conditions, Failure, WorstUs, MakesCode), Samples);

    /// <exception cref="InvalidDataException">It is no such file, or of another format.</exception>
    internal static EnduranceRun Read(string file)
    {
        (Head head, ImmutableArray<EnduranceSample> samples) = KeptLines.Read<Head, EnduranceSample>(file);
        return head.Format == Format
            ? new(head.Conditions, head.Failure, head.WorstUs, head.MakesCode, samples)
            : throw new InvalidDataException($"{Path.GetFileName(file)} is not of format {Format}.");
    }

    private sealed record Head(int Format, RunConditions<EnduranceOptions> Conditions, string Failure, double WorstUs, bool MakesCode);
}

/// <summary>A server in the course of its cycles.</summary>
/// <param name="Cycle">How many were made.</param>
/// <param name="AtMs">Since the first one began, in milliseconds.</param>
/// <param name="CodeKiB">Pages of code that are its own.</param>
/// <param name="Files">Open files, connections among them.</param>
/// <param name="BytesTold">What all applies together say that they added.</param>
/// <param name="Requests">Of the load until then.</param>
/// <param name="Failed">Wrong replies and lost connections among them.</param>
public sealed record EnduranceSample(
    int Cycle, double AtMs, [property: JsonPropertyName("code_kib")] long CodeKiB, [property: JsonPropertyName("page_tables_kib")] long PageTablesKiB, [property: JsonPropertyName("mapped_kib")] long MappedKiB, int Files, int Threads, long BytesTold, long Requests, long Failed);

/// <summary>Differences of two samples.</summary>
public readonly record struct EnduranceGrowth(
    [property: JsonPropertyName("code_kib")] long CodeKiB, [property: JsonPropertyName("page_tables_kib")] long PageTablesKiB, [property: JsonPropertyName("mapped_kib")] long MappedKiB, int Files, int Threads, long BytesTold);
