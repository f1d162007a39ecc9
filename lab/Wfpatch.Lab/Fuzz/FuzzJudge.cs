// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Refusals;
using Wfpatch.Testing.Cases;

namespace Wfpatch.Lab.Fuzz;

/// <summary>Makes what a seed stands for and says what became of it.</summary>
/// <param name="Root">Each seed has a folder there, which is kept when it fails.</param>
internal sealed record FuzzJudge(Csmith Csmith, FuzzHosts Hosts, string Root)
{
    // SIGXCPU.
    private const string TooLong = "signal 24";

    /// <summary>What is against an edit of code alone in a correct differ: it may change variables by what the compiler makes of it.</summary>
    internal static readonly ImmutableHashSet<string> ExpectedCodes =
    [
        DiffRefusals.DataChanged.Code, DiffRefusals.DataRemoved.Code, DiffRefusals.StaticLocalRemoved.Code, DiffRefusals.ThreadLocalChanged.Code,
        DiffRefusals.Ambiguous.Code, DiffRefusals.VariableLeftOut.Code, DiffRefusals.SymbolChanged.Code, DiffRefusals.RegisterUseGrew.Code,
    ];

    internal string FolderOf(FuzzSeed seed) => Path.Combine(Root, $"{seed}");

    internal string FolderOfProgram(FuzzSeed seed) => Path.Combine(Root, $"program-{seed.Program}");

    /// <summary>The program of a seed, without its edit.</summary>
    internal async Task<(FuzzProgram Program, FuzzVersion Old)> MakeProgramAsync(FuzzSeed seed, CancellationToken cancel)
    {
        var program = await FuzzProgram.MakeAsync(seed, cancel);
        var old = await FuzzVersion.CompileAsync(program.Source, program, await Hosts.FindAsync(program.Build), Csmith, Emptied(FolderOfProgram(seed)), cancel);
        return (program, old);
    }

    internal async Task<FuzzVerdict> JudgeAsync(FuzzSeed seed, FuzzProgram program, FuzzVersion old, CancellationToken cancel)
    {
        var (source, edit) = Edit.Make(program.Source, program.IsCarried, seed.ForEdit());
        string folder = Emptied(FolderOf(seed));
        var verdict = new FuzzVerdict(seed, FuzzOutcome.Discarded, edit, program.Describe, "");
        if (edit.Length == 0)
        {
            return verdict with { Detail = "no edit" };
        }
        var (trial, reason) = await TryMakeTrialAsync(program, old, source, folder, cancel);
        if (trial is null)
        {
            return verdict with { Detail = reason };
        }
        verdict = await JudgeAsync(verdict with { IsVisible = trial.IsVisible }, trial, cancel);
        return verdict is { Outcome: FuzzOutcome.Failed, Refusals.IsEmpty: true } && await UndefinedBehaviour.FindAsync(trial, Csmith, folder, cancel) is { } undefined
            ? verdict with { Outcome = FuzzOutcome.Discarded, Detail = undefined }
            : verdict;
    }

    /// <summary>Builds the edited program and asks both for their answers.</summary>
    /// <returns>Null where nothing can be said about it, with the reason.</returns>
    internal async Task<(FuzzTrial? Trial, string Reason)> TryMakeTrialAsync(FuzzProgram program, FuzzVersion old, CProgram source, string folder, CancellationToken cancel)
    {
        FuzzVersion @new;
        var host = await Hosts.FindAsync(program.Build);
        try
        {
            @new = await FuzzVersion.CompileAsync(source, program, host, Csmith, folder, cancel);
        }
        catch (InvalidOperationException)
        {
            return (null, "does not compile");
        }
        try
        {
            string all = FuzzTrial.Requests;
            string[] olds, news, expected;
            if (program.IsCarried)
            {
                string reference = await LinkReferenceAsync(program, source, host, folder, cancel);
                olds = await FuzzAnswers.AskAsync(reference, all.Length, FuzzAnswers.InOrder(new string('o', all.Length)), cancel);
                news = await FuzzAnswers.AskAsync(reference, all.Length, FuzzAnswers.InOrder(new string('n', all.Length)), cancel);
                expected = await FuzzAnswers.AskAsync(reference, all.Length, FuzzAnswers.InOrder(all), cancel);
            }
            else
            {
                olds = await FuzzAnswers.AskAsync(old.Program, all.Count(c => c == 'o'), FuzzAnswers.Fresh(""), cancel);
                news = await FuzzAnswers.AskAsync(@new.Program, all.Count(c => c == 'n'), FuzzAnswers.Fresh(@new.Beyond(old)), cancel);
                expected = [.. all.Select((c, i) => c == 'o' ? olds[all[..i].Count(b => b == 'o')] : news[all[..i].Count(b => b == 'n')])];
            }
            return (new FuzzTrial(program, old, @new, expected, !olds.SequenceEqual(news)), "");
        }
        catch (InvalidOperationException problem)
        {
            return (null, problem.Message.Contains(TooLong, StringComparison.Ordinal) ? "takes too long"
                : problem.Message.StartsWith("the program ended", StringComparison.Ordinal) ? "crashes" : "no reference: " + problem.Message);
        }
    }

    private static async Task<FuzzVerdict> JudgeAsync(FuzzVerdict verdict, FuzzTrial trial, CancellationToken cancel)
    {
        var built = trial.Diff();
        if (built.Refusals is [{ Kind: var kind }] && kind == DiffRefusals.NoDifference)
        {
            return trial.IsVisible ? verdict with { Outcome = FuzzOutcome.Failed, Detail = "no difference was found, and the answers differ" } : verdict with { Outcome = FuzzOutcome.Same };
        }
        if (built.Patch is null)
        {
            return Refused(verdict, built.Refusals);
        }
        await File.WriteAllBytesAsync(Path.Combine(Path.GetDirectoryName(trial.New.Program)!, "fuzz.wfp"), built.Bytes, cancel);
        var (refusals, failure) = await trial.RunAsync(built.Patch, cancel);
        return failure is not null ? verdict with { Outcome = FuzzOutcome.Failed, Detail = failure }
            : refusals.IsEmpty ? verdict with { Outcome = FuzzOutcome.Patched }
            : Refused(verdict, refusals);
    }

    private static FuzzVerdict Refused(FuzzVerdict verdict, ImmutableArray<Refusal> refusals)
    {
        bool isExpected = refusals.All(r => ExpectedCodes.Contains(r.Code));
        return verdict with { Outcome = isExpected ? FuzzOutcome.Refused : FuzzOutcome.Failed, Refusals = refusals, Detail = string.Join("; ", refusals) };
    }

    // At a level of its own: what a program without undefined behaviour computes does not depend on it.
    private async Task<string> LinkReferenceAsync(FuzzProgram program, CProgram source, FuzzHost host, string folder, CancellationToken cancel)
    {
        string unit = Path.Combine(folder, "reference.c"), part = Path.Combine(folder, "reference.o"), linked = Path.Combine(folder, "reference");
        await File.WriteAllTextAsync(unit, Reference.Join(program.Source, source), cancel);
        await program.Build.CompileAsync(unit, part, folder, [$"-I{Csmith.Headers}", "-g0", "-O1"], cancel);
        await program.Build.LinkAsync([part, host.ReferenceDriver, host.Main], linked, isCxx: false, isStripped: true, cancel);
        return linked;
    }

    private static string Emptied(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
        return Directory.CreateDirectory(folder).FullName;
    }
}
