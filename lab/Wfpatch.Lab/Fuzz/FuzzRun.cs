// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

namespace Wfpatch.Lab.Fuzz;

/// <summary>Judges seeds in a row, one program on each processor at a time.</summary>
/// <param name="tell">Called with each verdict, by one thread at a time.</param>
internal sealed class FuzzRun(FuzzJudge judge, FuzzSeed first, long count, TimeSpan limit, Action<FuzzVerdict> tell)
{
    private readonly List<FuzzVerdict> _verdicts = [];
    private readonly Lock _lock = new();

    internal async Task<FuzzReport> RunAsync(CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            Programs(), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancel }, async (program, stop) => await JudgeAsync(program, stop));
        return new FuzzReport([.. _verdicts.OrderBy(v => v.Seed.Value)], Stopwatch.GetElapsedTime(start));

        IEnumerable<long> Programs()
        {
            long end = first.Value + count;
            for (long program = first.Program; new FuzzSeed(program * FuzzSeed.EditsOfProgram).Value < end && Stopwatch.GetElapsedTime(start) < limit; program++)
            {
                yield return program;
            }
        }
    }

    private async Task JudgeAsync(long number, CancellationToken cancel)
    {
        FuzzSeed[] seeds = [.. Enumerable.Range(0, FuzzSeed.EditsOfProgram).Select(i => new FuzzSeed((number * FuzzSeed.EditsOfProgram) + i)).Where(s => s.Value >= first.Value && s.Value < first.Value + count)];
        var (program, old) = await judge.MakeProgramAsync(seeds[0], cancel);
        bool isKept = false;
        foreach (var seed in seeds)
        {
            var verdict = await judge.JudgeAsync(seed, program, old, cancel);
            isKept |= verdict.Outcome == FuzzOutcome.Failed;
            if (verdict.Outcome != FuzzOutcome.Failed)
            {
                Directory.Delete(judge.FolderOf(seed), recursive: true);
            }
            lock (_lock)
            {
                _verdicts.Add(verdict);
                tell(verdict);
            }
        }
        if (!isKept)
        {
            Directory.Delete(judge.FolderOfProgram(seeds[0]), recursive: true);
        }
    }
}
