// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Cases;

namespace Wfpatch.Lab.Fuzz;

/// <summary>What a program answers to one request after another.</summary>
internal static class FuzzAnswers
{
    /// <summary>Random programs may run for ever; one that takes longer than this, on a processor of its own, is none to fuzz with.</summary>
    private const int MostSeconds = 2;

    /// <summary>What a program of another load on the machine may make of that; only failures reach it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    internal static ImmutableDictionary<string, string> Fresh(string keep) =>
        ImmutableDictionary<string, string>.Empty.Add("FUZZ_FRESH", "1").Add("FUZZ_KEEP", keep);

    internal static ImmutableDictionary<string, string> InOrder(string order) => ImmutableDictionary<string, string>.Empty.Add("FUZZ_ORDER", order);

    /// <exception cref="InvalidOperationException">It ended; by signal 24 where it took too long.</exception>
    internal static async Task<string[]> AskAsync(string program, int count, ImmutableDictionary<string, string>? environment, CancellationToken cancel)
    {
        await using var driven = await DrivenProgram.StartAsync(new("prlimit", [$"--cpu={MostSeconds}", program], Environment: environment), Limit, cancel);
        string[] answers = new string[count];
        for (int i = 0; i < count; i++)
        {
            answers[i] = await driven.DriveAsync(cancel);
        }
        return answers;
    }
}
