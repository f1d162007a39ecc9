// SPDX-License-Identifier: Apache-2.0
using Spectre.Console;
using Wfpatch.Lab.Fuzz;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Lab.Tests.Fuzz;

public sealed class FuzzTests
{
    /// <summary>Some hundred seeds, always the same ones; `./wf fuzz diff` tries others.</summary>
    private const int Seeds = 200, FewestPatched = 60;

    private static readonly string Root = RepositoryRoot.Combine("out", "fuzz", "tests");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_patched_process_computes_what_the_rebuilt_program_computes_or_is_refused()
    {
        FuzzReport report = await new FuzzRun(await JudgeAsync("run"), new FuzzSeed(0), Seeds, TimeSpan.MaxValue, _ => { }).RunAsync(Cancel);
        using StringWriter text = new();
        IAnsiConsole console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 180;
        console.Write(report.ToTable());
        TestContext.Current.TestOutputHelper?.WriteLine(text.ToString());
        Assert.Equal(Seeds, report.Verdicts.Length);
        Assert.True(report.Count(FuzzOutcome.Failed) == 0, string.Join('\n', report.Verdicts.Where(v => v.Outcome == FuzzOutcome.Failed)));
        Assert.True(report.Verdicts.Count(v => v is { Outcome: FuzzOutcome.Patched, IsVisible: true }) >= FewestPatched, text.ToString());
    }

    /// <summary>A patch that makes other code of the process than its edit would be told.</summary>
    [Fact]
    public async Task A_patch_of_another_edit_is_a_difference()
    {
        FuzzJudge judge = await JudgeAsync("planted");
        int told = 0, trials = 0;
        for (long first = 0; told < 2; first += FuzzSeed.EditsOfProgram)
        {
            var (program, old) = await judge.MakeProgramAsync(new FuzzSeed(first), Cancel);
            FuzzTrial? before = null;
            foreach (var seed in Enumerable.Range(0, FuzzSeed.EditsOfProgram).Select(i => new FuzzSeed(first + i)))
            {
                var (source, _) = Edit.Make(program.Source, program.IsCarried, seed.ForEdit());
                string folder = Directory.CreateDirectory(judge.FolderOf(seed)).FullName;
                var (trial, _) = await judge.TryMakeTrialAsync(program, old, source, folder, Cancel);
                if (trial is null)
                {
                    continue;
                }
                if (before is not null && trial.Diff().Patch is { } patch && !trial.Expected.SequenceEqual(before.Expected))
                {
                    trials++;
                    var (refusals, failure) = await before.RunAsync(patch, Cancel);
                    Assert.True(failure is not null || !refusals.IsEmpty, $"the patch of seed {seed} passed for that of the one before");
                    told += failure is not null ? 1 : 0;
                }
                before = trial;
            }
        }
        Assert.True(trials >= told);
        Directory.Delete(judge.Root, recursive: true);
    }

    [Fact]
    public async Task A_seed_gives_the_same_program_and_edit_each_time()
    {
        for (long value = 0; value < 40; value += 7)
        {
            var seed = new FuzzSeed(value);
            FuzzProgram one = await FuzzProgram.MakeAsync(seed, Cancel), other = await FuzzProgram.MakeAsync(seed, Cancel);
            Assert.Equal(one.Source.ToString(), other.Source.ToString());
            Assert.Equal(one.Describe, other.Describe);
            Assert.Equal(Edit.Make(one.Source, one.IsCarried, seed.ForEdit()).Program.ToString(), Edit.Make(other.Source, other.IsCarried, seed.ForEdit()).Program.ToString());
        }
    }

    [Fact]
    public async Task Every_kind_of_edit_finds_a_place()
    {
        HashSet<string> missing = [.. Edit.All.Select(e => e.Name)];
        for (long value = 0; missing.Count > 0 && value < 400; value += FuzzSeed.EditsOfProgram)
        {
            var seed = new FuzzSeed(value);
            var program = await FuzzProgram.MakeAsync(seed, Cancel);
            missing.RemoveWhere(name => Edit.All.Single(e => e.Name == name).TryMake(program.Source, program.IsCarried, seed.ForEdit()) is { } made && made.ToString() != program.Source.ToString());
        }
        Assert.Empty(missing);
    }

    private static async Task<FuzzJudge> JudgeAsync(string name)
    {
        string root = Path.Combine(Root, name);
        return new FuzzJudge(await Csmith.FindAsync(Cancel), new FuzzHosts(Path.Combine(root, "hosts"), Cancel), root);
    }
}
