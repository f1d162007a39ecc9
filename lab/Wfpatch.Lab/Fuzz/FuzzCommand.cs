// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Testing;

namespace Wfpatch.Lab.Fuzz;

/// <summary>`fuzz diff`: random programs with random edits, patched while they run.</summary>
/// <param name="First">The first seed; null: one that is not known before.</param>
/// <param name="Count">How many seeds; null: as many as there is time for, or one where a seed is given and no time.</param>
internal sealed record FuzzCommand(double? Minutes, long? First, long? Count, bool Json)
{
    private const double UsualMinutes = 5;

    /// <summary>Where seeds that fail leave their files.</summary>
    internal static string Root { get; } = RepositoryRoot.Combine("out", "fuzz");

    /// <returns>0 where no seed failed, else 1.</returns>
    internal async Task<int> RunAsync(CancellationToken cancel)
    {
        FuzzJudge judge;
        try
        {
            judge = new(await Csmith.FindAsync(cancel), new FuzzHosts(Path.Combine(Root, "hosts"), cancel), Root);
        }
        catch (InvalidOperationException missing)
        {
            await Console.Error.WriteLineAsync($"fuzz: {missing.Message}");
            return 2;
        }
        var first = new FuzzSeed(First ?? Random.Shared.Next(1_000_000) * (long)FuzzSeed.EditsOfProgram);
        long count = Count ?? (First is not null && Minutes is null ? 1 : int.MaxValue);
        double minutes = Minutes ?? (Count is null && First is null ? UsualMinutes : TimeSpan.FromDays(1).TotalMinutes);
        await Console.Error.WriteLineAsync($"fuzz: from seed {first}");
        int done = 0;
        FuzzReport report = await new FuzzRun(judge, first, count, TimeSpan.FromMinutes(minutes), Tell).RunAsync(cancel);
        Print(report);
        return report.Count(FuzzOutcome.Failed) == 0 ? 0 : 1;

        void Tell(FuzzVerdict verdict)
        {
            done++;
            if (verdict.Outcome == FuzzOutcome.Failed || count == 1)
            {
                Console.Error.WriteLine($"\rfuzz: {verdict}");
            }
            if (done % 20 == 0)
            {
                Console.Error.Write($"\rfuzz: {done} seeds");
            }
        }
    }

    private void Print(FuzzReport report)
    {
        Console.Error.WriteLine();
        if (Json)
        {
            Console.WriteLine(report.ToJson());
            return;
        }
        ReportOutput.Write(report.ToTable(), $"{report.Verdicts.Length} seeds in {report.Elapsed.TotalSeconds:f0} s, {report.Verdicts.Length / report.Elapsed.TotalSeconds:f2} a second; what failed is in {Root}");
    }
}
