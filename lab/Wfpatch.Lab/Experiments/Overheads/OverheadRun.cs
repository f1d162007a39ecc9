// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Experiments.Latencies;

namespace Wfpatch.Lab.Experiments.Overheads;

/// <summary>All that was measured of one server so far.</summary>
/// <param name="Cycles">How often each method has had its turn.</param>
/// <param name="Memory">What the patch added to the process.</param>
/// <param name="Requests">All of the load.</param>
/// <param name="Failed">Wrong replies and lost connections among them.</param>
/// <param name="Impossible">Methods that this patch or this server cannot be patched by, and why.</param>
public sealed record OverheadRun(RunConditions<OverheadOptions> Conditions, int Cycles, MemoryAdded Memory, long Requests, long Failed, ImmutableArray<OverheadSample> Samples,
    ImmutableArray<ImpossibleMethod> Impossible)
{
    internal const int Format = 1;

    internal static OverheadRun Begin(RunConditions<OverheadOptions> conditions) => new(conditions, 0, default, 0, 0, [], []);

    /// <summary>Whether it was made under the same conditions, and is not at its end: then it can go on.</summary>
    internal bool CanGoOn(RunConditions<OverheadOptions> now) => Conditions.AreMetBy(now) && Cycles < Conditions.Options.Patches;

    internal void Write(string file) => KeptLines.Write(file, new Head(Format, Conditions, Cycles, Memory, Requests, Failed, Impossible), Samples);

    /// <exception cref="InvalidDataException">It is no such file, or of another format.</exception>
    internal static OverheadRun Read(string file)
    {
        (Head head, ImmutableArray<OverheadSample> samples) = KeptLines.Read<Head, OverheadSample>(file);
        return head.Format == Format
            ? new(head.Conditions, head.Cycles, head.Memory, head.Requests, head.Failed, samples, head.Impossible)
            : throw new InvalidDataException($"{Path.GetFileName(file)} is not of format {Format}.");
    }

    /// <summary>Null: there is none, or one that cannot be read.</summary>
    internal static OverheadRun? TryRead(string file)
    {
        try
        {
            return Read(file);
        }
        catch (Exception problem) when (problem is IOException or InvalidDataException)
        {
            return null;
        }
    }

    private sealed record Head(int Format, RunConditions<OverheadOptions> Conditions, int Cycles, MemoryAdded Memory, long Requests, long Failed, ImmutableArray<ImpossibleMethod> Impossible);
}

/// <summary>What a server holds more, in KiB: its own pages of code, and page tables. A server under load makes page tables of its own, too.</summary>
/// <param name="First">After the first apply.</param>
/// <param name="Later">What all later ones added to that, each taken back before the next.</param>
/// <param name="Told">What wfpatch itself said that the first one added: pages for trampolines, and new code.</param>
public readonly record struct MemoryAdded(long First, long Later, double Told);
