// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Experiments.Restarts;

/// <summary>A server patched, and restarted, in turn.</summary>
/// <param name="FailedElsewhere">Requests that failed while nothing was measured: while a patch was taken back.</param>
public sealed record RestartRun(RunConditions<RestartOptions> Conditions, long FailedElsewhere, ImmutableArray<RestartSample> Samples)
{
    internal const int Format = 1;

    /// <summary>Everything was done, and no request failed but by a restart.</summary>
    public bool IsGood => Samples.Count(sample => sample.IsPatch) == Conditions.Options.Times && Samples.Count(sample => !sample.IsPatch) == Conditions.Options.Times
        && Samples.All(sample => sample.Why.Length == 0 && sample.Requests > 0 && (!sample.IsPatch || sample.Failed == 0)) && FailedElsewhere == 0;

    internal void Write(string file) => KeptLines.Write(file, new Head(Format, Conditions, FailedElsewhere), Samples);

    /// <exception cref="InvalidDataException">It is no such file, or of another format.</exception>
    internal static RestartRun Read(string file)
    {
        (Head head, ImmutableArray<RestartSample> samples) = KeptLines.Read<Head, RestartSample>(file);
        return head.Format == Format ? new(head.Conditions, head.FailedElsewhere, samples) : throw new InvalidDataException($"{Path.GetFileName(file)} is not of format {Format}.");
    }

    private sealed record Head(int Format, RunConditions<RestartOptions> Conditions, long FailedElsewhere);
}
